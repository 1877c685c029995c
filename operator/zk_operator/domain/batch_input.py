"""The batch program's input: what the rule is checked over, as the one buffer of an SP1Stdin.

The buffer is `abi.encode(uint256 version, uint256 chainId, address manager, uint256 validUntil, Section[], Order[])`,
version 1, orders concatenated in section order. The wrapping is bincode of SP1's `SP1Stdin`: buffers, read
pointer, proofs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from eth_abi.exceptions import DecodingError

from zk_acts.domain.errors import Disposition, OperatorError
from zk_operator.domain.abi_coding import decode, encode
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import ORDER_ABI, Order
from zk_operator.domain.section import SECTION_ABI, Section

BATCH_INPUT_VERSION = 1
BATCH_INPUT_ABI = (
    "uint256",
    "uint256",
    "address",
    "uint256",
    f"{SECTION_ABI}[]",
    f"{ORDER_ABI}[]",
)


class BatchInputMalformed(OperatorError):
    """Raised when a batch program's input does not decode, or is not the canonical encoding of itself.

    Meaning: Bytes that should be a batch input (`abi.encode` of version, chain, manager, validUntil, sections,
    orders) do not decode, carry an unknown version, or are not the canonical encoding of what they decode to. A
    prover answers such a request with "unexecutable".

    What you see: The batch's proof request is refused; the orders stay open.

    What to do: Operator and batch program are of different versions, or the stored input was damaged. Check the
    program vkey in the configuration against the release notes; then let the daemon build the batch anew.
    """

    code: ClassVar[str] = "ZKO-BIN-001"
    disposition = Disposition.REJECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchInput:
    """One batch as the program reads it. `valid_until` in unix seconds; orders in section order."""

    chain_id: int
    manager: Address
    valid_until: int
    sections: tuple[Section, ...]
    orders: tuple[Order, ...]

    def encode(self) -> bytes:
        """The ABI form, the one buffer of the program's stdin."""
        return encode(
            BATCH_INPUT_ABI,
            [
                BATCH_INPUT_VERSION,
                self.chain_id,
                self.manager,
                self.valid_until,
                [section.as_abi() for section in self.sections],
                [order.as_abi() for order in self.orders],
            ],
        )

    def stdin(self) -> bytes:
        """Bincode of the SP1Stdin that holds just this input: what a prover takes."""
        return sp1_stdin([self.encode()])

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """The inverse of `encode`. Raises BatchInputMalformed for anything but the canonical bytes."""
        try:
            version, chain_id, manager, valid_until, sections, orders = decode(
                BATCH_INPUT_ABI, data
            )
        except (DecodingError, OverflowError) as error:
            raise BatchInputMalformed(reason=str(error)) from error
        if version != BATCH_INPUT_VERSION:
            raise BatchInputMalformed("the batch input has an unknown version", version=version)
        made = cls(
            chain_id=chain_id,
            manager=Address(bytes.fromhex(manager[2:])),
            valid_until=valid_until,
            sections=tuple(_section(*fields) for fields in sections),
            orders=tuple(_order(*fields) for fields in orders),
        )
        if made.encode() != data:
            raise BatchInputMalformed("the batch input is not canonically encoded")
        return made


def sp1_stdin(buffers: Sequence[bytes]) -> bytes:
    """Bincode of an SP1Stdin with these buffers, unread, and no proofs."""
    framed = b"".join(_u64(len(buffer)) + buffer for buffer in buffers)
    return _u64(len(buffers)) + framed + _u64(0) + _u64(0)


def _u64(value: int) -> bytes:
    return value.to_bytes(8, "little")


def _section(
    pool_id: bytes,
    price_x128: int,
    remainder_zero_for_one: bool,
    remainder_in: int,
    min_out: int,
    fee_bps: int,
    order_ids: Sequence[bytes],
) -> Section:
    return Section(
        pool_id=PoolId(pool_id),
        price_x128=price_x128,
        remainder_zero_for_one=remainder_zero_for_one,
        remainder_in=remainder_in,
        min_out=min_out,
        fee_bps=fee_bps,
        order_ids=tuple(OrderId(order_id) for order_id in order_ids),
    )


def _order(
    owner: str,
    pool_id: bytes,
    zero_for_one: bool,
    amount_in: int,
    min_out: int,
    deadline: int,
    salt: int,
) -> Order:
    return Order(
        owner=Address(bytes.fromhex(owner[2:])),
        pool_id=PoolId(pool_id),
        zero_for_one=zero_for_one,
        amount_in=amount_in,
        min_out=min_out,
        deadline=deadline,
        salt=salt,
    )
