"""The devnet's EVM chain: anvil, and our contracts deployed on it."""
