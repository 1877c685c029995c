"""The node's JSON-RPC side."""
