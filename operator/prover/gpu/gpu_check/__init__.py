"""What `gpu-check` does on a machine with a GPU: proofs through the operator's own adapter, each measured and verified."""
