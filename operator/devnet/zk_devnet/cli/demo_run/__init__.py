"""The demo: devnet, daemon, traffic, audit, summary."""
