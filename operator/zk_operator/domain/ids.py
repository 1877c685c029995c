"""Types for identity: what a value names, checked by the type system and not by convention."""

from typing import NewType

Address = NewType("Address", bytes)  # 20 bytes, EVM
OrderId = NewType("OrderId", bytes)  # 32 bytes, EIP-712 hash of the order
PoolId = NewType("PoolId", bytes)  # 32 bytes, keccak256 of the Uniswap v4 pool key
BatchId = NewType("BatchId", str)  # our own, sortable
