"""The simulated zkVerify: the dev node without sockets, its aggregator and its relayer."""
