"""The prover host: SP1's executor, verifier and CPU prover as child processes."""
