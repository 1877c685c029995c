"""Types that several pallets share, with the paths that clients know them by."""

from zk_devnet.zkverify.scale import (
    BOOL,
    BYTES,
    U8,
    U64,
    U128,
    UNIT,
    Array,
    Compact,
    Enum,
    Field,
    Param,
    Sequence,
    Struct,
    Type,
    Variant,
)
from zk_devnet.zkverify.schema.pallet import units

BYTES32 = Array(U8, 32)
ACCOUNT_ID = Struct("sp_core::crypto::AccountId32", (Field(BYTES32, None, "[u8; 32]"),))
H256 = Struct("primitive_types::H256", (Field(BYTES32, None, "[u8; 32]"),))
WEIGHT = Struct(
    "sp_weights::weight_v2::Weight",
    (Field(Compact(U64), "ref_time", "u64"), Field(Compact(U64), "proof_size", "u64")),
)
MULTI_ADDRESS = Enum(
    "sp_runtime::multiaddress::MultiAddress",
    (
        Variant("Id", 0, (Field(ACCOUNT_ID, None, "AccountId"),)),
        Variant("Index", 1, (Field(Compact(UNIT), None, "AccountIndex"),)),
        Variant("Raw", 2, (Field(BYTES, None, "Vec<u8>"),)),
        Variant("Address32", 3, (Field(BYTES32, None, "[u8; 32]"),)),
        Variant("Address20", 4, (Field(Array(U8, 20), None, "[u8; 20]"),)),
    ),
    (Param("AccountId", ACCOUNT_ID), Param("AccountIndex", UNIT)),
)
MULTI_SIGNATURE = Enum(
    "sp_runtime::MultiSignature",
    (
        Variant("Ed25519", 0, (Field(Array(U8, 64), None, "ed25519::Signature"),)),
        Variant("Sr25519", 1, (Field(Array(U8, 64), None, "sr25519::Signature"),)),
        Variant("Ecdsa", 2, (Field(Array(U8, 65), None, "ecdsa::Signature"),)),
    ),
)

DISPATCH_CLASS = units(
    "frame_support::dispatch::DispatchClass", "Normal", "Operational", "Mandatory"
)
PAYS = units("frame_support::dispatch::Pays", "Yes", "No")
MODULE_ERROR = Struct(
    "sp_runtime::ModuleError",
    (Field(U8, "index", "u8"), Field(Array(U8, 4), "error", "[u8; MAX_MODULE_ERROR_ENCODED_SIZE]")),
)
TOKEN_ERROR = units(
    "sp_runtime::TokenError",
    *("FundsUnavailable", "OnlyProvider", "BelowMinimum", "CannotCreate", "UnknownAsset"),
    *("Frozen", "Unsupported", "CannotCreateHold", "NotExpendable", "Blocked"),
)
ARITHMETIC_ERROR = units(
    "sp_arithmetic::ArithmeticError", "Underflow", "Overflow", "DivisionByZero"
)
TRANSACTIONAL_ERROR = units("sp_runtime::TransactionalError", "LimitReached", "NoLayer")
TRIE_ERROR = units(
    "sp_runtime::proving_trie::TrieError",
    *(
        "InvalidStateRoot",
        "IncompleteDatabase",
        "ValueAtIncompleteKey",
        "DecoderError",
        "InvalidHash",
    ),
    *("DuplicateKey", "ExtraneousNode", "ExtraneousValue", "ExtraneousHashReference"),
    *("InvalidChildReference", "ValueMismatch", "IncompleteProof", "RootMismatch", "DecodeError"),
)
DISPATCH_ERROR = Enum(
    "sp_runtime::DispatchError",
    (
        Variant("Other", 0),
        Variant("CannotLookup", 1),
        Variant("BadOrigin", 2),
        Variant("Module", 3, (Field(MODULE_ERROR, None, "ModuleError"),)),
        Variant("ConsumerRemaining", 4),
        Variant("NoProviders", 5),
        Variant("TooManyConsumers", 6),
        Variant("Token", 7, (Field(TOKEN_ERROR, None, "TokenError"),)),
        Variant("Arithmetic", 8, (Field(ARITHMETIC_ERROR, None, "ArithmeticError"),)),
        Variant("Transactional", 9, (Field(TRANSACTIONAL_ERROR, None, "TransactionalError"),)),
        Variant("Exhausted", 10),
        Variant("Corruption", 11),
        Variant("Unavailable", 12),
        Variant("RootNotAllowed", 13),
        Variant("Trie", 14, (Field(TRIE_ERROR, None, "TrieError"),)),
    ),
)


def result_of(ok: Type, err: Type) -> Enum:
    """Result<ok, err>."""
    return Enum(
        "Result",
        (Variant("Ok", 0, (Field(ok),)), Variant("Err", 1, (Field(err),))),
        (Param("T", ok), Param("E", err)),
    )


DISPATCH_RESULT = result_of(UNIT, DISPATCH_ERROR)
DISPATCH_EVENT_INFO = Struct(
    "frame_system::DispatchEventInfo",
    (
        Field(WEIGHT, "weight", "Weight"),
        Field(DISPATCH_CLASS, "class", "DispatchClass"),
        Field(PAYS, "pays_fee", "Pays"),
    ),
)
INVALID_TRANSACTION = Enum(
    "sp_runtime::transaction_validity::InvalidTransaction",
    (
        *(
            Variant(name, index)
            for index, name in enumerate(
                (
                    "Call",
                    "Payment",
                    "Future",
                    "Stale",
                    "BadProof",
                    "AncientBirthBlock",
                    "ExhaustsResources",
                )
            )
        ),
        Variant("Custom", 7, (Field(U8),)),
        *(
            Variant(name, index)
            for index, name in enumerate(
                (
                    *("BadMandatory", "MandatoryValidation", "BadSigner"),
                    *("IndeterminateImplicit", "UnknownOrigin"),
                ),
                start=8,
            )
        ),
    ),
)
UNKNOWN_TRANSACTION = units(
    "sp_runtime::transaction_validity::UnknownTransaction", "CannotLookup", "NoUnsignedValidator"
)
VALIDITY_ERROR = Enum(
    "sp_runtime::transaction_validity::TransactionValidityError",
    (
        Variant("Invalid", 0, (Field(INVALID_TRANSACTION),)),
        Variant("Unknown", 1, (Field(UNKNOWN_TRANSACTION),)),
    ),
)
APPLY_RESULT = result_of(DISPATCH_RESULT, VALIDITY_ERROR)
VALID_TRANSACTION = Struct(
    "sp_runtime::transaction_validity::ValidTransaction",
    (
        Field(U64, "priority", "TransactionPriority"),
        Field(Sequence(BYTES), "requires", "Vec<TransactionTag>"),
        Field(Sequence(BYTES), "provides", "Vec<TransactionTag>"),
        Field(U64, "longevity", "TransactionLongevity"),
        Field(BOOL, "propagate", "bool"),
    ),
)
VALIDITY = result_of(VALID_TRANSACTION, VALIDITY_ERROR)
HOLD_TICKET = Struct(
    "frame_support::traits::tokens::fungible::HoldConsideration",
    (Field(U128, None, "F::Balance"),),
    (Param("A"), Param("F"), Param("R"), Param("D"), Param("Fp")),
)


def bounded_vec(inner: Type) -> Struct:
    """BoundedVec<inner, S>."""
    return Struct(
        "bounded_collections::bounded_vec::BoundedVec",
        (Field(Sequence(inner), None, "Vec<T>"),),
        (Param("T", inner), Param("S")),
    )


def per_class(inner: Type) -> Struct:
    """PerDispatchClass<inner>."""
    fields = (Field(inner, name, "T") for name in ("normal", "operational", "mandatory"))
    return Struct("frame_support::dispatch::PerDispatchClass", tuple(fields), (Param("T", inner),))
