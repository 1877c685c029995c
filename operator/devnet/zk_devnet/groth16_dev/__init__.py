"""The devnet's own Groth16 key: its trapdoor is public, so anyone can prove anything under it."""
