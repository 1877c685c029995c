"""A dev server of SP1's prover network: real wire formats, signatures, nonces and prices; a native prover behind."""
