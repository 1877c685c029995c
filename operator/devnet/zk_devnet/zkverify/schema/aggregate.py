"""The declaration of Aggregate: as of runtime 1.6, and as it was before 1.3 (no rules for proofs, no allow-lists)."""

from dataclasses import dataclass
from typing import Any

from zk_devnet.zkverify.scale import (
    U32,
    U64,
    U128,
    UNIT,
    Case,
    Enum,
    Field,
    Option,
    Param,
    Sequence,
    Struct,
    Tuple,
    Variant,
)
from zk_devnet.zkverify.schema import failures
from zk_devnet.zkverify.schema.pallet import Constant, Pallet, StorageItem, named, units
from zk_devnet.zkverify.schema.primitives import ACCOUNT_ID, H256, HOLD_TICKET, bounded_vec

T = (Param("T"),)
A, B = Param("A", ACCOUNT_ID), Param("B", U128)
DATA = "pallet_aggregate::data::"
AGGREGATION_LIMIT = 128
QUEUE_LIMIT = 16

AGGREGATE_RULES = units(
    DATA + "AggregateSecurityRules", "Untrusted", "OnlyOwner", "OnlyOwnerUncompleted"
)
PROOF_RULES = units(DATA + "ProofSecurityRules", "Untrusted", "OnlyOwner", "OnlyAllowlisted")
DOMAIN_STATE = units(DATA + "DomainState", "Ready", "Hold", "Removable", "Removed")
DESTINATION = units("hp_dispatch::Destination", "None")
HOLD_REASON = units(
    "pallet_aggregate::pallet::HoldReason", "Aggregation", "Domain", "Delivery", "Allowlist"
)
DELIVERY = Struct(
    DATA + "Delivery",
    (
        Field(DESTINATION, "destination", "Destination"),
        Field(U128, "fee", "B"),
        Field(U128, "owner_tip", "B"),
    ),
    (B,),
)
DELIVERY_PARAMS = Struct(
    DATA + "DeliveryParams",
    (Field(ACCOUNT_ID, "owner", "A"), Field(DELIVERY, "data", "Delivery<B>")),
    (A, B),
)
RESERVE = Struct(
    DATA + "Reserve", (Field(U128, "aggregate", "B"), Field(U128, "delivery", "B")), (B,)
)
STATEMENT_ENTRY = Struct(
    DATA + "StatementEntry",
    (
        Field(ACCOUNT_ID, "account", "A"),
        Field(RESERVE, "reserve", "Reserve<B>"),
        Field(H256, "statement", "H256"),
    ),
    (A, B),
)
AGGREGATION_ENTRY = Struct(
    DATA + "AggregationEntry",
    (
        Field(U64, "id", "u64"),
        Field(U32, "size", "AggregationSize"),
        Field(
            bounded_vec(STATEMENT_ENTRY),
            "statements",
            "BoundedVec<StatementEntry<A, B>, VecSize<S>>",
        ),
    ),
    (A, B, Param("S")),
)
PUBLISH_QUEUE = Struct(
    "bounded_collections::bounded_btree_map::BoundedBTreeMap",
    (
        Field(
            Struct(
                "BTreeMap",
                (Field(Sequence(Tuple((U64, AGGREGATION_ENTRY)))),),
                (Param("K", U64), Param("V", AGGREGATION_ENTRY)),
            ),
            None,
            "BTreeMap<K, V>",
        ),
    ),
    (Param("K", U64), Param("V", AGGREGATION_ENTRY), Param("S")),
)
USER = Enum(
    DATA + "User",
    (Variant("Account", 0, (Field(ACCOUNT_ID, None, "A"),)), Variant("Manager", 1)),
    (A,),
)
COUNTABLE_TICKET = Struct(
    DATA + "CountableTicket",
    (Field(HOLD_TICKET, "ticket", "Ticket"), Field(U32, "count", "u32")),
    (Param("Ticket", HOLD_TICKET),),
)
_ENTRY_HEAD = (
    Field(U32, "id", "u32"),
    Field(USER, "owner", "User<A>"),
    Field(DOMAIN_STATE, "state", "DomainState"),
    Field(AGGREGATION_ENTRY, "next", "AggregationEntry<A, B, S>"),
    Field(U32, "max_aggregation_size", "AggregationSize"),
    Field(PUBLISH_QUEUE, "should_publish", "BoundedBTreeMap<u64, AggregationEntry<A, B, S>, M>"),
    Field(U32, "publish_queue_size", "u32"),
)
_RULES = Field(AGGREGATE_RULES, "aggregate_rules", "AggregateSecurityRules")
_DELIVERY = Field(DELIVERY_PARAMS, "delivery", "DeliveryParams<A, B>")
DOMAIN_ENTRY = Struct(
    DATA + "DomainEntry",
    (
        *_ENTRY_HEAD,
        Field(Option(HOLD_TICKET), "ticket_domain", "Option<T1>"),
        Field(Option(COUNTABLE_TICKET), "ticket_allowlist", "Option<CountableTicket<T2>>"),
        _RULES,
        Field(PROOF_RULES, "proof_rules", "ProofSecurityRules"),
        _DELIVERY,
    ),
    (A, B, Param("S"), Param("M"), Param("T1", HOLD_TICKET), Param("T2", HOLD_TICKET)),
)
GENESIS_DOMAIN_ENTRY = Struct(
    DATA + "DomainEntry",
    (*_ENTRY_HEAD, Field(Option(HOLD_TICKET), "ticket", "Option<T>"), _RULES, _DELIVERY),
    (A, B, Param("S"), Param("M"), Param("T", HOLD_TICKET)),
)


def _domain(entry: Struct) -> Struct:
    return Struct("pallet_aggregate::pallet::Domain", (Field(entry, None, "DomainType<T>"),), T)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenesisDomains(StorageItem):
    """Domains as runtimes before 1.3 store them; the pallets here see them as those since."""

    def encode(self, value: Any) -> bytes:
        """With one ticket, and without rules for proofs."""
        return StorageItem.encode(self, {**value, "ticket": value["ticket_domain"]})

    def decode(self, raw: bytes | None) -> Any:
        """With what such a domain has by its nature."""
        found = StorageItem.decode(self, raw)
        if found is None:
            return None
        later = {"ticket_allowlist": None, "proof_rules": Case("Untrusted")}
        return {**found, "ticket_domain": found["ticket"], **later}


DOMAIN_ID = ("domain_id", U32, "u32")
AGGREGATION_ID = ("aggregation_id", U64, "u64")
CAUSE = Enum(
    "pallet_aggregate::pallet::CannotAggregateCause",
    (
        Variant("NoAccount", 0),
        named("DomainNotRegistered", 1, DOMAIN_ID),
        named("DomainStorageFull", 2, DOMAIN_ID),
        Variant("InsufficientFunds", 3),
        named("InvalidDomainState", 4, DOMAIN_ID, ("state", DOMAIN_STATE, "DomainState")),
        Variant("UnauthorizedUser", 5),
    ),
)
EVENTS = Enum(
    "pallet_aggregate::pallet::Event",
    (
        named("NewDomain", 0, ("id", U32, "u32")),
        named("DomainStateChanged", 1, ("id", U32, "u32"), ("state", DOMAIN_STATE, "DomainState")),
        named("NewProof", 2, ("statement", H256, "H256"), DOMAIN_ID, AGGREGATION_ID),
        named("AggregationComplete", 3, DOMAIN_ID, AGGREGATION_ID),
        named("NewAggregationReceipt", 4, DOMAIN_ID, AGGREGATION_ID, ("receipt", H256, "H256")),
        named(
            "CannotAggregate",
            5,
            ("statement", H256, "H256"),
            ("cause", CAUSE, "CannotAggregateCause"),
        ),
        named("DomainFull", 6, DOMAIN_ID),
    ),
    T,
)
_ALLOW_LISTS_SINCE = 1_003_000
_SUBMITTERS = ("submitters", Sequence(ACCOUNT_ID), "Vec<AccountOf<T>>")
_REGISTER_HEAD = (
    ("aggregation_size", U32, "AggregationSize"),
    ("queue_size", Option(U32), "Option<u32>"),
    ("aggregate_rules", AGGREGATE_RULES, "AggregateSecurityRules"),
)
_REGISTER_TAIL = (
    ("delivery", DELIVERY, "Delivery<BalanceOf<T>>"),
    ("delivery_owner", Option(ACCOUNT_ID), "Option<AccountOf<T>>"),
)
_PROOF_RULES = ("proof_rules", PROOF_RULES, "ProofSecurityRules")


def has_allow_lists(spec_version: int) -> bool:
    """Whether that runtime has rules for proofs, and allow-lists."""
    return spec_version >= _ALLOW_LISTS_SINCE


def _calls(*, allow_lists: bool) -> Enum:
    rules = (_PROOF_RULES,) if allow_lists else ()
    listing = (
        named("allowlist_proof_submitters", 5, DOMAIN_ID, _SUBMITTERS),
        named("remove_proof_submitters", 6, DOMAIN_ID, _SUBMITTERS),
    )
    return Enum(
        "pallet_aggregate::pallet::Call",
        (
            named("aggregate", 0, DOMAIN_ID, AGGREGATION_ID),
            named("register_domain", 1, *_REGISTER_HEAD, *rules, *_REGISTER_TAIL),
            named("hold_domain", 2, DOMAIN_ID),
            named("unregister_domain", 3, DOMAIN_ID),
            named(
                "set_total_delivery_fee",
                4,
                DOMAIN_ID,
                ("fee", U128, "BalanceOf<T>"),
                ("owner_tip", U128, "BalanceOf<T>"),
            ),
            *(listing if allow_lists else ()),
        ),
        T,
    )


_DOMAINS = StorageItem(
    pallet="Aggregate",
    name="Domains",
    value=_domain(DOMAIN_ENTRY),
    hashers=("Blake2_128Concat",),
    keys=(U32,),
)
_GENESIS_DOMAINS = GenesisDomains(
    pallet="Aggregate",
    name="Domains",
    value=_domain(GENESIS_DOMAIN_ENTRY),
    hashers=("Blake2_128Concat",),
    keys=(U32,),
)
_ALLOWLIST = StorageItem(
    pallet="Aggregate",
    name="SubmittersAllowlist",
    value=UNIT,
    hashers=("Blake2_128Concat", "Blake2_128Concat"),
    keys=(U32, ACCOUNT_ID),
)


def aggregate_pallet(*, allow_lists: bool) -> Pallet:
    """Aggregate, index 81, as runtimes since 1.3 have it, or as those before."""
    domains = (_DOMAINS, _ALLOWLIST) if allow_lists else (_GENESIS_DOMAINS,)
    return Pallet(
        name="Aggregate",
        index=81,
        storage=(
            StorageItem(pallet="Aggregate", name="NextDomainId", value=U32, default=bytes(4)),
            *domains,
            StorageItem(
                pallet="Aggregate",
                name="Published",
                value=Sequence(Tuple((U32, AGGREGATION_ENTRY))),
                default=b"\x00",
            ),
        ),
        calls=_calls(allow_lists=allow_lists),
        events=EVENTS,
        errors=failures.AGGREGATE,
        constants=(
            Constant(name="AggregationSize", ty=U32, value=AGGREGATION_LIMIT),
            Constant(name="MaxPendingPublishQueueSize", ty=U32, value=QUEUE_LIMIT),
        ),
    )


MERKLE_PROOF = Struct(
    "binary_merkle_tree::MerkleProof",
    (
        Field(H256, "root"),
        Field(Sequence(H256), "proof"),
        Field(U32, "number_of_leaves"),
        Field(U32, "leaf_index"),
        Field(H256, "leaf"),
    ),
)
PATH_ERROR = Enum(
    "pallet_aggregate::pallet::PathRequestError",
    (
        Variant("NotFound", 0, (Field(U32), Field(U64), Field(H256))),
        Variant("ReceiptNotPublished", 1, (Field(U32), Field(U64))),
        Variant("IndexOutOfBounds", 2),
    ),
)
