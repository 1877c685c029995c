"""The declarations of the verifier pallets: the part that all share, and the formats of Groth16 and SP1."""

from zk_devnet.zkverify.scale import (
    BOOL,
    BYTES,
    U32,
    U64,
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
from zk_devnet.zkverify.schema.pallet import Pallet, StorageItem, named, units
from zk_devnet.zkverify.schema.primitives import ACCOUNT_ID, H256, HOLD_TICKET

TI = (Param("T"), Param("I"))
HOLD_REASON = units("pallet_verifiers::common::pallet::HoldReason", "VkRegistration")
CURVE = units("pallet_groth16_verifier::groth16::Curve", "Bn254", "Bls12_381")
G1 = Struct("hp_groth16::data_structures::G1", (Field(BYTES, None, "Vec<u8>"),))
G2 = Struct("hp_groth16::data_structures::G2", (Field(BYTES, None, "Vec<u8>"),))
SCALAR = Struct("hp_groth16::data_structures::Scalar", (Field(BYTES, None, "Vec<u8>"),))
GROTH16_VK = Struct(
    "pallet_groth16_verifier::groth16::VerificationKeyWithCurve",
    (
        Field(CURVE, "curve", "Curve"),
        Field(G1, "alpha_g1", "G1"),
        Field(G2, "beta_g2", "G2"),
        Field(G2, "gamma_g2", "G2"),
        Field(G2, "delta_g2", "G2"),
        Field(Sequence(G1), "gamma_abc_g1", "Vec<G1>"),
    ),
)
GROTH16_PROOF = Struct(
    "pallet_groth16_verifier::groth16::ProofWithCurve",
    (
        Field(CURVE, "curve", "Curve"),
        Field(
            Struct(
                "hp_groth16::data_structures::Proof",
                (Field(G1, "a", "G1"), Field(G2, "b", "G2"), Field(G1, "c", "G1")),
            ),
            "proof",
            "Proof",
        ),
    ),
)
EVENTS = Enum(
    "pallet_verifiers::pallet::Event",
    (
        named("VkRegistered", 0, ("hash", H256, "H256")),
        named("VkUnregistered", 1, ("hash", H256, "H256")),
        named("ProofVerified", 2, ("statement", H256, "H256")),
    ),
    TI,
)


def _calls(vk: Type, proof: Type, pubs: Type) -> Enum:
    vk_or_hash = Enum(
        "pallet_verifiers::pallet::VkOrHash",
        (
            Variant("Hash", 0, (Field(H256, None, "H256"),)),
            Variant("Vk", 1, (Field(vk, None, "Box<K>"),)),
        ),
        (Param("K", vk),),
    )
    return Enum(
        "pallet_verifiers::pallet::Call",
        (
            named(
                "submit_proof",
                0,
                ("vk_or_hash", vk_or_hash, "VkOrHash<I::Vk>"),
                ("proof", proof, "Box<I::Proof>"),
                ("pubs", pubs, "Box<I::Pubs>"),
                ("domain_id", Option(U32), "Option<u32>"),
            ),
            named("register_vk", 1, ("vk", vk, "Box<I::Vk>")),
            named("disable", 2, ("disabled", BOOL, "bool")),
            named("unregister_vk", 3, ("vk_hash", H256, "H256")),
        ),
        TI,
    )


def verifier_pallet(name: str, index: int, vk: Type, proof: Type, pubs: Type) -> Pallet:
    """A verifier pallet: the same calls, events, errors and storage around three types."""
    entry = Struct(
        "pallet_verifiers::pallet::VkEntry",
        (Field(vk, "vk", "V"), Field(U64, "ref_count", "u64")),
        (Param("V", vk),),
    )
    return Pallet(
        name=name,
        index=index,
        storage=(
            StorageItem(pallet=name, name="Disabled", value=BOOL),
            StorageItem(pallet=name, name="Vks", value=entry, hashers=("Identity",), keys=(H256,)),
            StorageItem(
                pallet=name,
                name="Tickets",
                value=HOLD_TICKET,
                hashers=("Blake2_128Concat",),
                keys=(Tuple((ACCOUNT_ID, H256)),),
            ),
        ),
        calls=_calls(vk, proof, pubs),
        events=EVENTS,
        errors=failures.VERIFIERS,
    )


COMMON_VERIFIERS = Pallet(name="CommonVerifiers", index=160)
GROTH16 = verifier_pallet(
    "SettlementGroth16Pallet", 161, GROTH16_VK, GROTH16_PROOF, Sequence(SCALAR)
)
SP1 = verifier_pallet("SettlementSp1Pallet", 167, H256, BYTES, BYTES)
