"""zk-operator: the operator daemon of a dark-pool AVS."""
