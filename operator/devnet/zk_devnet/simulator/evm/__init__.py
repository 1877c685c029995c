"""The simulated EVM chain: blocks, mempool, the settlement contract, and the nodes that tell of them."""
