"""The simulated prover network: the dev network without sockets, and proofs that only it can make."""
