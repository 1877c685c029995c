"""Aggregation domains: whether they take a proof, and what they hold for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zk_operator.adapters.zkverify.chain import Chain
from zk_operator.adapters.zkverify.errors import DomainNotUsable, MalformedChainAnswer
from zk_operator.adapters.zkverify.runtime import AGGREGATE, Runtime
from zk_operator.domain.ids import AccountId, Hash32, Statement

_VFY = 10**18
_READY = "Ready"
# An upper bound of aggregate's fee by the number of leaves, and the reward, as measured on the real runtime.
_AGGREGATE_FEE_BASE = 2 * _VFY // 1000
_AGGREGATE_FEE_PER_LEAF = 3 * _VFY // 10_000
_PUBLISHER_REWARD = _VFY // 10
# pallet constants: deposit(2 items, 128 bytes) and 0.001 VFY for each byte of the key
_VK_DEPOSIT_BASE = 4_128 * _VFY // 1000
_VK_DEPOSIT_PER_BYTE = _VFY // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Held from a submitter for one of its statements, in planck."""

    account: AccountId
    statement: Statement
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainState:
    """A domain as the chain stores it. Delivery fee in planck, of a whole aggregation."""

    state: str
    size: int
    delivery_fee: int
    holds: tuple[Hold, ...]

    def hold_estimate(self) -> int:
        """The most that one proof is held for, in planck."""
        reward = _AGGREGATE_FEE_BASE + _AGGREGATE_FEE_PER_LEAF * self.size
        aggregation = reward * 11 // 10 + _PUBLISHER_REWARD
        return -(-(aggregation + self.delivery_fee) // self.size)

    def held_for(self, account: AccountId, statement: Statement) -> int | None:
        """What is held for the newest such statement of the account; None when it is not there (any more)."""
        amounts = [h.amount for h in self.holds if (h.account, h.statement) == (account, statement)]
        return amounts[-1] if amounts else None


def vk_deposit(scale_size: int) -> int:
    """Deposit for a verifying key of that many SCALE bytes, in planck."""
    return _VK_DEPOSIT_BASE + _VK_DEPOSIT_PER_BYTE * scale_size


async def read_domain(
    chain: Chain, runtime: Runtime, domain_id: int, at: Hash32 | None = None
) -> DomainState | None:
    """The domain at a block (default: the best); None where it does not exist."""
    key = runtime.storage_key(AGGREGATE, "Domains", domain_id.to_bytes(4, "little"))
    raw = await chain.storage(key, at)
    return None if raw is None else decode_domain(runtime, raw)


async def usable_domain(chain: Chain, runtime: Runtime, domain_id: int) -> DomainState:
    """The domain, or DomainNotUsable: it is cheaper to ask than to pay for a proof that goes nowhere."""
    domain = await read_domain(chain, runtime, domain_id)
    if domain is None or domain.state != _READY:
        state = "not registered" if domain is None else domain.state
        raise DomainNotUsable(domain_id=domain_id, state=state)
    return domain


def decode_domain(runtime: Runtime, raw: bytes) -> DomainState:
    """Aggregate.Domains' value, by the runtime's own metadata: its layout changed more than once."""
    entry = runtime.decode_storage(AGGREGATE, "Domains", raw)
    try:
        return DomainState(
            state=_variant(entry["state"]),
            size=int(entry["max_aggregation_size"]),
            delivery_fee=_delivery_fee(entry["delivery"]),
            holds=tuple(_holds(entry)),
        )
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise MalformedChainAnswer("a domain has an unknown layout", cause=repr(error)) from error


def _variant(value: Any) -> str:
    return str(next(iter(value))) if isinstance(value, Mapping) else str(value)


def _delivery_fee(delivery: Any) -> int:
    data = delivery["data"]
    return int(data["fee"]) + int(data.get("owner_tip", 0))


def _holds(entry: Mapping[str, Any]) -> Iterator[Hold]:
    published = entry["should_publish"]
    waiting = published.values() if isinstance(published, Mapping) else [e for _, e in published]
    for aggregation in (*waiting, entry["next"]):
        for item in aggregation["statements"]:
            reserve = item["reserve"]
            yield Hold(
                account=AccountId(_bytes(item["account"])),
                statement=Statement(_bytes(item["statement"])),
                amount=int(reserve["aggregate"]) + int(reserve["delivery"]),
            )


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("0x"))


def ticket_key(runtime: Runtime, pallet: str, account: AccountId, vk_hash: Hash32) -> str:
    """Storage key of an account's deposit for a verifying key."""
    return runtime.storage_key(pallet, "Tickets", account + vk_hash)
