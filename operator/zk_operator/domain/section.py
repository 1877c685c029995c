"""Sections: one pool's share of a batch, as it is proven and settled.

Format: the contracts' specification, section 3; details in docs/reference/batch-rule.md.
"""

from dataclasses import dataclass

from zk_operator.domain.ids import OrderId, PoolId

SECTION_ABI = "(bytes32,uint256,bool,uint128,uint128,uint16,bytes32[])"
SectionAbi = tuple[bytes, int, bool, int, int, int, list[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One pool's orders, reference price and remainder swap. Amounts in smallest units."""

    pool_id: PoolId
    price_x128: int  # token1 per token0, times 2^128
    remainder_zero_for_one: bool  # the heavier side sells token0
    remainder_in: int  # exact input of the one swap on the pool; 0 means no swap
    min_out: int  # least output of that swap that this section accepts
    fee_bps: int  # fee on each payout, in 1/10000
    order_ids: tuple[OrderId, ...]  # strictly ascending

    def as_abi(self) -> SectionAbi:
        """The fields in ABI order, for `SECTION_ABI`."""
        return (
            self.pool_id,
            self.price_x128,
            self.remainder_zero_for_one,
            self.remainder_in,
            self.min_out,
            self.fee_bps,
            list(self.order_ids),
        )
