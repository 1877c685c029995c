"""Aggregation domains: whether they take a proof, and what they hold for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from zk_acts.domain.ids import AccountId, Hash32, Statement
from zkverify_client.adapters.chain import Chain
from zkverify_client.adapters.errors import DomainFull, DomainNotUsable, MalformedChainAnswer
from zkverify_client.adapters.runtime import AGGREGATE, Runtime
from zkverify_client.adapters.verdicts import SubmitterNotAllowed
from zkverify_client.domain.aggregation_rules import ProofRules
from zkverify_client.ports.zkverify import DomainInfo, OpenAggregation

_VFY = 10**18
_READY = "Ready"
# An upper bound of aggregate's fee by the number of leaves, and the reward, as measured on the real runtime.
_AGGREGATE_FEE_BASE = 2 * _VFY // 1000
_AGGREGATE_FEE_PER_LEAF = 3 * _VFY // 10_000
_MOST_LEAVES = 128
_PUBLISHER_REWARD = _VFY // 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Held from a submitter for one of its statements, in planck."""

    account: AccountId
    statement: Statement
    amount: int
    aggregation_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainState:
    """A domain as the chain stores it. Delivery fee in planck, of a whole aggregation."""

    state: str
    size: int
    delivery_fee: int
    holds: tuple[Hold, ...]
    deposit: int = 0  # of the owner, for the domain and its allow-list
    has_room: bool = True  # for one more proof
    owner: AccountId | None = None  # None: the chain's manager
    proof_rules: str | None = None  # None before runtime 1.3: anybody may submit

    def hold_estimate(self, full_fee: int) -> int:
        """The most that one proof is held for, in planck, where publishing the largest aggregation costs `full_fee`.

        By how much that is dearer than it was when it was measured (other weights, a higher multiplier) is added whole:
        of what it is made up the chain does not say.
        """
        dearer = max(full_fee - _AGGREGATE_FEE_BASE - _AGGREGATE_FEE_PER_LEAF * _MOST_LEAVES, 0)
        reward = _AGGREGATE_FEE_BASE + _AGGREGATE_FEE_PER_LEAF * self.size + dearer
        aggregation = reward * 11 // 10 + _PUBLISHER_REWARD
        return -(-(aggregation + self.delivery_fee) // self.size)

    def held_for(self, account: AccountId, statement: Statement) -> Hold | None:
        """The hold for the newest such statement of the account; None when it is not there (any more)."""
        found = [h for h in self.holds if (h.account, h.statement) == (account, statement)]
        return found[-1] if found else None

    def leaves(self, aggregation_id: int) -> Iterator[Statement]:
        """The statements of an aggregation that is not published yet, in leaf order."""
        return (h.statement for h in self.holds if h.aggregation_id == aggregation_id)


async def read_domain(
    chain: Chain, runtime: Runtime, domain_id: int, at: Hash32 | None = None
) -> DomainState | None:
    """The domain at a block (default: the best); None where it does not exist."""
    key = runtime.storage_key(AGGREGATE, "Domains", domain_id.to_bytes(4, "little"))
    raw = await chain.storage(key, at)
    return None if raw is None else decode_domain(runtime, raw)


async def usable_domain(
    chain: Chain, runtime: Runtime, domain_id: int, account: AccountId | None
) -> DomainState:
    """The domain; it is cheaper to ask than to pay for a proof that goes nowhere.

    Errors: DomainNotUsable, DomainFull, and SubmitterNotAllowed where it takes no proofs of this account.
    """
    domain = await read_domain(chain, runtime, domain_id)
    if domain is None or domain.state != _READY:
        state = "not registered" if domain is None else domain.state
        raise DomainNotUsable(domain_id=domain_id, state=state)
    if not domain.has_room:
        raise DomainFull(domain_id=domain_id)
    if account is not None and not await _admits(chain, runtime, domain_id, domain, account):
        raise SubmitterNotAllowed(
            "the domain takes no proofs of this account",
            domain_id=domain_id,
            rules=domain.proof_rules,
        )
    return domain


async def _admits(
    chain: Chain, runtime: Runtime, domain_id: int, domain: DomainState, account: AccountId
) -> bool:
    if domain.proof_rules == ProofRules.ONLY_OWNER:
        return domain.owner == account
    if domain.proof_rules != ProofRules.ONLY_ALLOWLISTED:
        return True
    entry = (domain_id.to_bytes(4, "little"), account)
    key = runtime.storage_key(AGGREGATE, "SubmittersAllowlist", *entry)
    return await chain.storage(key) is not None


def decode_domain(runtime: Runtime, raw: bytes) -> DomainState:
    """Aggregate.Domains' value, by the runtime's own metadata: its layout changed more than once."""
    entry = runtime.decode_storage(AGGREGATE, "Domains", raw)
    try:
        return DomainState(
            state=_variant(entry["state"]),
            size=_places(entry),
            delivery_fee=_delivery_fee(entry["delivery"]),
            holds=tuple(_holds(entry)),
            deposit=_owners_deposit(entry),
            has_room=_has_room(entry),
            owner=_owner(entry),
            proof_rules=_proof_rules(entry),
        )
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise MalformedChainAnswer("a domain has an unknown layout") from error


def domain_info(runtime: Runtime, raw: bytes) -> DomainInfo:
    """All that the chain says of a domain."""
    entry = runtime.decode_storage(AGGREGATE, "Domains", raw)
    try:
        return _info(entry)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise MalformedChainAnswer("a domain has an unknown layout") from error


def _info(entry: Mapping[str, Any]) -> DomainInfo:
    delivery = entry["delivery"]
    return DomainInfo(
        domain_id=int(entry["id"]),
        owner=_owner(entry),
        state=_variant(entry["state"]),
        size=int(entry["max_aggregation_size"]),
        queue=int(entry["publish_queue_size"]),
        aggregate_rules=_variant(entry["aggregate_rules"]),
        proof_rules=_proof_rules(entry),
        delivery_owner=AccountId(_bytes(delivery["owner"])),
        delivery_fee=int(delivery["data"]["fee"]),
        owner_tip=int(delivery["data"].get("owner_tip", 0)),
        aggregations=tuple(_aggregations(entry)),
    )


def _aggregations(entry: Mapping[str, Any]) -> Iterator[OpenAggregation]:
    following = entry["next"]
    for item in (*_waiting(entry), following):
        statements = item["statements"]
        if statements:
            yield OpenAggregation(
                domain_id=int(entry["id"]),
                aggregation_id=int(item["id"]),
                size=len(statements),
                capacity=int(entry["max_aggregation_size"]),
                reward=sum(int(leaf["reserve"]["aggregate"]) for leaf in statements),
                complete=item is not following,
                submitters=frozenset(AccountId(_bytes(leaf["account"])) for leaf in statements),
            )


def _owner(entry: Mapping[str, Any]) -> AccountId | None:
    owner = entry["owner"]
    return AccountId(_bytes(owner["Account"])) if isinstance(owner, Mapping) else None


def _proof_rules(entry: Mapping[str, Any]) -> str | None:
    return _variant(entry["proof_rules"]) if "proof_rules" in entry else None


def _owners_deposit(entry: Mapping[str, Any]) -> int:
    """For the domain, whose one ticket got a name of its own with allow-lists (1.3), and for its allow-list."""
    own = entry["ticket_domain"] if "ticket_domain" in entry else entry["ticket"]
    return _deposit(own) + _deposit(entry.get("ticket_allowlist"))


def _places(entry: Mapping[str, Any]) -> int:
    size = int(entry["max_aggregation_size"])
    if size < 1:
        raise ValueError("a domain whose aggregations hold nothing")
    return size


def _deposit(ticket: Any) -> int:
    """The amount in a ticket, whose form changed: a number, or a number inside of one or two structures."""
    if isinstance(ticket, Mapping):
        return _deposit(ticket.get("ticket", next(iter(ticket.values()), 0)))
    if isinstance(ticket, (list, tuple)):
        return _deposit(ticket[0]) if ticket else 0
    return ticket if isinstance(ticket, int) else 0


def _variant(value: Any) -> str:
    return str(next(iter(value))) if isinstance(value, Mapping) else str(value)


def _delivery_fee(delivery: Any) -> int:
    data = delivery["data"]
    return int(data["fee"]) + int(data.get("owner_tip", 0))


def _holds(entry: Mapping[str, Any]) -> Iterator[Hold]:
    for aggregation in (*_waiting(entry), entry["next"]):
        for item in aggregation["statements"]:
            reserve = item["reserve"]
            yield Hold(
                account=AccountId(_bytes(item["account"])),
                statement=Statement(_bytes(item["statement"])),
                amount=int(reserve["aggregate"]) + int(reserve["delivery"]),
                aggregation_id=int(aggregation["id"]),
            )


def _has_room(entry: Mapping[str, Any]) -> bool:
    """The pallet's rule: a free place in the queue, or more than one in the open aggregation."""
    places = int(entry["max_aggregation_size"]) - len(entry["next"]["statements"])
    return len(_waiting(entry)) < int(entry["publish_queue_size"]) or places > 1


def _waiting(entry: Mapping[str, Any]) -> list[Any]:
    published = entry["should_publish"]
    if isinstance(published, Mapping):
        return list(published.values())
    return [aggregation for _, aggregation in published]


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("0x"))


def ticket_key(runtime: Runtime, pallet: str, account: AccountId, vk_hash: Hash32) -> str:
    """Storage key of an account's deposit for a verifying key."""
    return runtime.storage_key(pallet, "Tickets", account + vk_hash)
