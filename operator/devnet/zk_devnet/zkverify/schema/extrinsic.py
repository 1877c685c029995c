"""The signed extensions of the runtime, in order, and the extrinsic's parts."""

from dataclasses import dataclass

from zk_devnet.zkverify.scale import (
    BYTES,
    U8,
    U32,
    U128,
    UNIT,
    Array,
    Compact,
    Enum,
    Field,
    Option,
    Param,
    Struct,
    Tuple,
    Type,
    Variant,
)
from zk_devnet.zkverify.schema.pallet import units
from zk_devnet.zkverify.schema.primitives import H256, MULTI_ADDRESS, MULTI_SIGNATURE

T = (Param("T"),)
SYSTEM = "frame_system::extensions::"
ERA = Enum(
    "sp_runtime::generic::era::Era",
    (
        Variant("Immortal", 0),
        *(Variant(f"Mortal{index}", index, (Field(U8),)) for index in range(1, 256)),
    ),
)
METADATA_MODE = units("frame_metadata_hash_extension::Mode", "Disabled", "Enabled")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedExtension:
    """What an extension puts into the extrinsic and what it adds to the signed payload."""

    identifier: str
    extra: Type
    additional: Type = UNIT


def _empty(path: str) -> Struct:
    return Struct(path, (), T)


SIGNED_EXTENSIONS = (
    SignedExtension(
        identifier="CheckNonZeroSender",
        extra=_empty(SYSTEM + "check_non_zero_sender::CheckNonZeroSender"),
    ),
    SignedExtension(
        identifier="CheckSpecVersion",
        extra=_empty(SYSTEM + "check_spec_version::CheckSpecVersion"),
        additional=U32,
    ),
    SignedExtension(
        identifier="CheckTxVersion",
        extra=_empty(SYSTEM + "check_tx_version::CheckTxVersion"),
        additional=U32,
    ),
    SignedExtension(
        identifier="CheckGenesis",
        extra=_empty(SYSTEM + "check_genesis::CheckGenesis"),
        additional=H256,
    ),
    SignedExtension(
        identifier="CheckMortality",
        extra=Struct(SYSTEM + "check_mortality::CheckMortality", (Field(ERA, None, "Era"),), T),
        additional=H256,
    ),
    SignedExtension(
        identifier="CheckNonce",
        extra=Struct(
            SYSTEM + "check_nonce::CheckNonce", (Field(Compact(U32), None, "T::Nonce"),), T
        ),
    ),
    SignedExtension(identifier="CheckWeight", extra=_empty(SYSTEM + "check_weight::CheckWeight")),
    SignedExtension(
        identifier="ChargeTransactionPayment",
        extra=Struct(
            "pallet_transaction_payment::ChargeTransactionPayment",
            (Field(Compact(U128), None, "BalanceOf<T>"),),
            T,
        ),
    ),
    SignedExtension(
        identifier="CheckMetadataHash",
        extra=Struct(
            "frame_metadata_hash_extension::CheckMetadataHash",
            (Field(METADATA_MODE, "mode", "Mode"),),
            T,
        ),
        additional=Option(Array(U8, 32)),
    ),
)
EXTRA = Tuple(tuple(extension.extra for extension in SIGNED_EXTENSIONS))


def unchecked_extrinsic(call: Type) -> Struct:
    """UncheckedExtrinsic as the metadata names it: clients find address, call and signature in its parameters."""
    return Struct(
        "sp_runtime::generic::unchecked_extrinsic::UncheckedExtrinsic",
        (Field(BYTES),),
        (
            Param("Address", MULTI_ADDRESS),
            Param("Call", call),
            Param("Signature", MULTI_SIGNATURE),
            Param("Extra", EXTRA),
        ),
    )
