"""The faults, by kind: behind the chain, refusing, failing below JSON-RPC, odd with transactions."""
