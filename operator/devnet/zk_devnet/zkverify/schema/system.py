"""The declarations of System, Timestamp and TransactionPayment."""

from zk_devnet.zkverify.scale import (
    BOOL,
    BYTES,
    STR,
    U8,
    U16,
    U32,
    U64,
    U128,
    Array,
    Compact,
    Enum,
    Field,
    Option,
    Param,
    Sequence,
    Struct,
    Tuple,
    Type,
    Variant,
)
from zk_devnet.zkverify.schema import failures
from zk_devnet.zkverify.schema.balances import ACCOUNT_DATA
from zk_devnet.zkverify.schema.pallet import Constant, Pallet, StorageItem, named, units
from zk_devnet.zkverify.schema.primitives import (
    ACCOUNT_ID,
    DISPATCH_ERROR,
    DISPATCH_EVENT_INFO,
    H256,
    WEIGHT,
    per_class,
)

T = (Param("T"),)
ACCOUNT_INFO = Struct(
    "frame_system::AccountInfo",
    (
        Field(U32, "nonce", "Nonce"),
        Field(U32, "consumers", "RefCount"),
        Field(U32, "providers", "RefCount"),
        Field(U32, "sufficients", "RefCount"),
        Field(ACCOUNT_DATA, "data", "AccountData"),
    ),
    (Param("Nonce", U32), Param("AccountData", ACCOUNT_DATA)),
)
CONSENSUS_ITEM = (Field(Array(U8, 4), None, "ConsensusEngineId"), Field(BYTES, None, "Vec<u8>"))
DIGEST_ITEM = Enum(
    "sp_runtime::generic::digest::DigestItem",
    (
        Variant("PreRuntime", 6, CONSENSUS_ITEM),
        Variant("Consensus", 4, CONSENSUS_ITEM),
        Variant("Seal", 5, CONSENSUS_ITEM),
        Variant("Other", 0, (Field(BYTES, None, "Vec<u8>"),)),
        Variant("RuntimeEnvironmentUpdated", 8),
    ),
)
DIGEST = Struct(
    "sp_runtime::generic::digest::Digest",
    (Field(Sequence(DIGEST_ITEM), "logs", "Vec<DigestItem>"),),
)
PHASE = Enum(
    "frame_system::Phase",
    (
        Variant("ApplyExtrinsic", 0, (Field(U32, None, "u32"),)),
        Variant("Finalization", 1),
        Variant("Initialization", 2),
    ),
)
LAST_UPGRADE = Struct(
    "frame_system::LastRuntimeUpgradeInfo",
    (
        Field(Compact(U32), "spec_version", "codec::Compact<u32>"),
        Field(STR, "spec_name", "Cow<'static, str>"),
    ),
)
UPGRADE_AUTHORIZATION = Struct(
    "frame_system::CodeUpgradeAuthorization",
    (Field(H256, "code_hash", "T::Hash"), Field(BOOL, "check_version", "bool")),
    T,
)

SYSTEM_EVENTS = Enum(
    "frame_system::pallet::Event",
    (
        named("ExtrinsicSuccess", 0, ("dispatch_info", DISPATCH_EVENT_INFO, "DispatchEventInfo")),
        named(
            "ExtrinsicFailed",
            1,
            ("dispatch_error", DISPATCH_ERROR, "DispatchError"),
            ("dispatch_info", DISPATCH_EVENT_INFO, "DispatchEventInfo"),
        ),
        Variant("CodeUpdated", 2),
        named("NewAccount", 3, ("account", ACCOUNT_ID, "T::AccountId")),
        named("KilledAccount", 4, ("account", ACCOUNT_ID, "T::AccountId")),
        named("Remarked", 5, ("sender", ACCOUNT_ID, "T::AccountId"), ("hash", H256, "T::Hash")),
        named(
            "UpgradeAuthorized", 6, ("code_hash", H256, "T::Hash"), ("check_version", BOOL, "bool")
        ),
    ),
    T,
)
SYSTEM_CALLS = Enum(
    "frame_system::pallet::Call",
    (
        named("remark", 0, ("remark", BYTES, "Vec<u8>")),
        named("set_heap_pages", 1, ("pages", U64, "u64")),
        named("set_code", 2, ("code", BYTES, "Vec<u8>")),
        named("set_code_without_checks", 3, ("code", BYTES, "Vec<u8>")),
        named("set_storage", 4, ("items", Sequence(Tuple((BYTES, BYTES))), "Vec<KeyValue>")),
        named("kill_storage", 5, ("keys", Sequence(BYTES), "Vec<Key>")),
        named("kill_prefix", 6, ("prefix", BYTES, "Key"), ("subkeys", U32, "u32")),
        named("remark_with_event", 7, ("remark", BYTES, "Vec<u8>")),
        named("authorize_upgrade", 9, ("code_hash", H256, "T::Hash")),
        named("authorize_upgrade_without_checks", 10, ("code_hash", H256, "T::Hash")),
        named("apply_authorized_upgrade", 11, ("code", BYTES, "Vec<u8>")),
    ),
    T,
)
WEIGHTS_PER_CLASS = Struct(
    "frame_system::limits::WeightsPerClass",
    (
        Field(WEIGHT, "base_extrinsic", "Weight"),
        Field(Option(WEIGHT), "max_extrinsic", "Option<Weight>"),
        Field(Option(WEIGHT), "max_total", "Option<Weight>"),
        Field(Option(WEIGHT), "reserved", "Option<Weight>"),
    ),
)
BLOCK_WEIGHTS = Struct(
    "frame_system::limits::BlockWeights",
    (
        Field(WEIGHT, "base_block", "Weight"),
        Field(WEIGHT, "max_block", "Weight"),
        Field(per_class(WEIGHTS_PER_CLASS), "per_class", "PerDispatchClass<WeightsPerClass>"),
    ),
)
BLOCK_LENGTH = Struct(
    "frame_system::limits::BlockLength", (Field(per_class(U32), "max", "PerDispatchClass<u32>"),)
)
DB_WEIGHT = Struct(
    "sp_weights::RuntimeDbWeight", (Field(U64, "read", "u64"), Field(U64, "write", "u64"))
)
RUNTIME_VERSION = Struct(
    "sp_version::RuntimeVersion",
    (
        Field(STR, "spec_name", "Cow<'static, str>"),
        Field(STR, "impl_name", "Cow<'static, str>"),
        Field(U32, "authoring_version", "u32"),
        Field(U32, "spec_version", "u32"),
        Field(U32, "impl_version", "u32"),
        Field(Sequence(Tuple((Array(U8, 8), U32))), "apis", "ApisVec"),
        Field(U32, "transaction_version", "u32"),
        Field(U8, "system_version", "u8"),
    ),
)


def _item(
    name: str,
    value: Type,
    default: bytes | None = None,
    hasher: str | None = None,
    key: Type | None = None,
) -> StorageItem:
    return StorageItem(
        pallet="System",
        name=name,
        value=value,
        default=default,
        hashers=(hasher,) if hasher else (),
        keys=(key,) if key else (),
    )


def system_storage(event: Type) -> tuple[StorageItem, ...]:
    """System's storage; `event` is the runtime's event enum."""
    record = Struct(
        "frame_system::EventRecord",
        (
            Field(PHASE, "phase", "Phase"),
            Field(event, "event", "E"),
            Field(Sequence(H256), "topics", "Vec<T>"),
        ),
        (Param("E", event), Param("T", H256)),
    )
    zero4, zero32 = bytes(4), bytes(32)
    return (
        _item(
            "Account", ACCOUNT_INFO, bytes(64) + bytes(15) + b"\x80", "Blake2_128Concat", ACCOUNT_ID
        ),
        _item("ExtrinsicCount", U32),
        _item("InherentsApplied", BOOL, b"\x00"),
        _item("BlockWeight", per_class(WEIGHT), bytes(6)),
        _item("AllExtrinsicsLen", U32),
        _item("BlockHash", H256, zero32, "Twox64Concat", U32),
        _item("ExtrinsicData", BYTES, b"\x00", "Twox64Concat", U32),
        _item("Number", U32, zero4),
        _item("ParentHash", H256, zero32),
        _item("Digest", DIGEST, b"\x00"),
        _item("Events", Sequence(record), b"\x00"),
        _item("EventCount", U32, zero4),
        _item("EventTopics", Sequence(Tuple((U32, U32))), b"\x00", "Blake2_128Concat", H256),
        _item("LastRuntimeUpgrade", LAST_UPGRADE),
        _item("UpgradedToU32RefCount", BOOL, b"\x00"),
        _item("UpgradedToTripleRefCount", BOOL, b"\x00"),
        _item("ExecutionPhase", PHASE),
        _item("AuthorizedUpgrade", UPGRADE_AUTHORIZATION),
    )


def system_pallet(event: Type, constants: tuple[Constant, ...]) -> Pallet:
    """System, index 0."""
    return Pallet(
        name="System",
        index=0,
        storage=system_storage(event),
        calls=SYSTEM_CALLS,
        events=SYSTEM_EVENTS,
        errors=failures.SYSTEM,
        constants=constants,
    )


TIMESTAMP = Pallet(
    name="Timestamp",
    index=3,
    storage=(
        StorageItem(pallet="Timestamp", name="Now", value=U64, default=bytes(8)),
        StorageItem(pallet="Timestamp", name="DidUpdate", value=BOOL, default=b"\x00"),
    ),
    calls=Enum(
        "pallet_timestamp::pallet::Call", (named("set", 0, ("now", Compact(U64), "T::Moment")),), T
    ),
    constants=(Constant(name="MinimumPeriod", ty=U64, value=3000),),
)

FIXED_U128 = Struct("sp_arithmetic::fixed_point::FixedU128", (Field(U128, None, "u128"),))
TRANSACTION_PAYMENT = Pallet(
    name="TransactionPayment",
    index=5,
    storage=(
        StorageItem(
            pallet="TransactionPayment",
            name="NextFeeMultiplier",
            value=FIXED_U128,
            default=(10**18).to_bytes(16, "little"),
        ),
        StorageItem(
            pallet="TransactionPayment",
            name="StorageVersion",
            value=units("pallet_transaction_payment::Releases", "V1Ancient", "V2"),
            default=b"\x00",
        ),
    ),
    events=Enum(
        "pallet_transaction_payment::pallet::Event",
        (
            named(
                "TransactionFeePaid",
                0,
                ("who", ACCOUNT_ID, "T::AccountId"),
                ("actual_fee", U128, "BalanceOf<T>"),
                ("tip", U128, "BalanceOf<T>"),
            ),
        ),
        T,
    ),
    constants=(Constant(name="OperationalFeeMultiplier", ty=U8, value=5),),
)
SS58_PREFIX_TYPE = U16
