"""A zkVerify client: read, price, sign, and pay exactly once."""
