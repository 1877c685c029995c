"""Kurier, the REST service that submits proofs to zkVerify: a second way in, without an account of one's own."""
