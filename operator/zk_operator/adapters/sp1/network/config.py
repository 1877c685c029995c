"""What the network backend is told."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from zk_acts.domain.ids import Hash32
from zk_operator.adapters.sp1.bincode import single_buffer
from zk_operator.adapters.sp1.network.pricing import PricePolicy
from zk_operator.domain.batch_input import BatchInput, BatchInputMalformed
from zk_operator.domain.ids import Address
from zk_operator.ports.prover import ProveRequest


class NetworkTree(StrEnum):
    """The two protocols behind the same service name; never guessed from the URL."""

    AUCTION = "auction"  # mainnet
    RESERVED = "reserved"  # capacity contracts, own gateways


class MessageSigner(Protocol):
    """A secp256k1 key that signs messages (EIP-191)."""

    @property
    def address(self) -> Address: ...

    def sign_message(self, message: bytes) -> bytes:
        """65 bytes: r, s, v as 27 or 28."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may take at most: executed cycles, and prover gas (PGU), which is what costs."""

    cycles: int
    gas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """The backend's settings. Times in seconds."""

    tree: NetworkTree
    version: str  # as requests name the circuit: "sp1-v6.1.0"
    program_vkey: Hash32  # bytes32 form
    program_elf: bytes
    program_vk: bytes | None  # bincode; needed only to register the program
    prices: PricePolicy
    limits: Callable[[ProveRequest], Limits]
    whitelist: tuple[Address, ...] | None = ()  # empty: anyone; None: whom the network lists as up
    min_auction_period_s: int = 1
    auction_timeout_s: float = 60.0
    proof_timeout_s: float = 600.0
    # How long after its deadline a request is over that is not there or not taken, and one that a prover took.
    overdue_grace_s: float = 10.0
    overdue_watch_s: float = 3_600.0
    lapse_grace_s: float = 5.0  # for a network whose answers lag behind its nonces
    request_timeout_s: float = 15.0
    transfer_timeout_s: float = 120.0
    max_artifact_bytes: int = 64 * 2**20
    name: str = "network"  # as rows, logs and metrics have it
    private_input: bool = False  # only provers in a trusted environment may read the input


def limits_by_order(
    *, cycles_base: int, cycles_per_order: int, gas_base: int, gas_per_order: int
) -> Callable[[ProveRequest], Limits]:
    """Limits that grow with the number of orders in the batch's input.

    The returned function raises BatchInputMalformed for an input that is no batch.
    """

    def limits(request: ProveRequest) -> Limits:
        try:
            buffer = single_buffer(request.stdin)
        except ValueError as error:
            message = "the input is no SP1Stdin with the batch in it"
            raise BatchInputMalformed(message) from error
        orders = len(BatchInput.decode(buffer).orders)
        return Limits(
            cycles=cycles_base + cycles_per_order * orders, gas=gas_base + gas_per_order * orders
        )

    return limits
