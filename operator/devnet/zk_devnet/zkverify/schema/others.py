"""The formats of the verifiers beside Groth16 and SP1: as of runtime 1.6.2, and as mainnet began with them.

Source: mainnet's genesis metadata, and repository zkVerify/zkVerify at rt-zkverify-1.6.2, verifiers/*/src.
"""

from zk_devnet.zkverify.scale import (
    BYTES,
    U8,
    U64,
    Array,
    Enum,
    Field,
    Param,
    Sequence,
    Struct,
    Type,
    Variant,
)
from zk_devnet.zkverify.schema.pallet import Pallet, named, units
from zk_devnet.zkverify.schema.primitives import BYTES32, H256
from zk_devnet.zkverify.schema.verifiers import verifier_pallet

RISC0_VERSIONS = ("V1_0", "V1_1", "V1_2", "V2_0", "V2_1", "V2_2", "V2_3", "V3_0")
_RISC0_AT_GENESIS = RISC0_VERSIONS[:6]
_T = (Param("T"),)
_WORDS = Sequence(BYTES32)
_ULTRAHONK_KEY = Array(U8, 1760)


def _newtypes(path: str, *names: str, inner: tuple[Type, str], count: int = 1) -> Struct:
    return Struct(path + names[0], tuple(Field(inner[0], None, inner[1]) for _ in range(count)))


_FFLONK = "pallet_fflonk_verifier::vk::"
U256 = Struct("primitive_types::U256", (Field(Array(U64, 4), None, "[u64; 4]"),))
_FR = _newtypes(_FFLONK, "Fr", inner=(U256, "U256"))
_FQ = _newtypes(_FFLONK, "Fq", inner=(U256, "U256"))
_FQ2 = _newtypes(_FFLONK, "Fq2", inner=(_FQ, "Fq"), count=2)
_G1 = _newtypes(_FFLONK, "G1", inner=(_FQ, "Fq"), count=3)
_G2 = _newtypes(_FFLONK, "G2", inner=(_FQ2, "Fq2"), count=3)
FFLONK_VK = Struct(
    _FFLONK + "Vk",
    (
        Field(U8, "power", "u8"),
        *(Field(_FR, name, "Fr") for name in ("k1", "k2", "w", "w3", "w4", "w8", "wr")),
        Field(_G2, "x2", "G2"),
        Field(_G1, "c0", "G1"),
    ),
)
PLONKY2_VK = Struct(
    "pallet_plonky2_verifier::vk::VkWithConfig",
    (
        Field(
            units("pallet_plonky2_verifier::vk::Plonky2Config", "Keccak", "Poseidon"),
            "config",
            "Plonky2Config",
        ),
        Field(BYTES, "bytes", "Vec<u8>"),
    ),
    _T,
)
PLONKY2_PROOF = Struct(
    "pallet_plonky2_verifier::proof::Proof", (Field(BYTES, "bytes", "Vec<u8>"),), _T
)
EZKL_VK = Struct("pallet_ezkl_verifier::EzklVk", (Field(BYTES, "vk_bytes", "Vec<u8>"),))
TEE_VK = Enum(
    "pallet_tee_verifier::Vk",
    (
        named("Intel", 0, ("tcb_response", BYTES, "Vec<u8>"), ("certificates", BYTES, "Vec<u8>")),
        Variant("Nitro", 1),
    ),
)
_ULTRAHONK_PROOF = Enum(
    "pallet_ultrahonk_verifier::Proof",
    tuple(
        Variant(name, index, (Field(BYTES, None, "RawProof"),))
        for index, name in enumerate(("ZK", "Plain"))
    ),
)
ULTRAHONK_PROOF = Enum(
    "pallet_ultrahonk_verifier::VersionedProof",
    tuple(
        Variant(name, index, (Field(_ULTRAHONK_PROOF, None, "Proof"),))
        for index, name in enumerate(("V0_84", "V3_0", "Legacy"))
    ),
)
ULTRAHONK_VK = Enum(
    "pallet_ultrahonk_verifier::VersionedVk",
    (
        Variant("V0_84", 0, (Field(_ULTRAHONK_KEY, None, "[u8; VK_SIZE_V0_84]"),)),
        Variant("V3_0", 1, (Field(Array(U8, 1888), None, "[u8; VK_SIZE_V3_0]"),)),
        Variant("Legacy", 2, (Field(_ULTRAHONK_KEY, None, "[u8; VK_SIZE_V0_84]"),)),
    ),
)


def _risc0_proof(versions: tuple[str, ...]) -> Enum:
    variants = (
        Variant(name, index, (Field(BYTES, None, "Vec<u8>"),))
        for index, name in enumerate(versions)
    )
    return Enum("pallet_risc0_verifier::Proof", tuple(variants))


_BOTH = (
    verifier_pallet("SettlementUltraplonkPallet", 163, Array(U8, 1632), BYTES, _WORDS),
    verifier_pallet("SettlementPlonky2Pallet", 165, PLONKY2_VK, PLONKY2_PROOF, BYTES),
    verifier_pallet("SettlementFFlonkPallet", 166, FFLONK_VK, Array(U8, 768), BYTES32),
)
GENESIS_OTHERS: tuple[Pallet, ...] = (
    verifier_pallet("SettlementRisc0Pallet", 162, H256, _risc0_proof(_RISC0_AT_GENESIS), BYTES),
    *_BOTH,
    verifier_pallet("SettlementUltrahonkPallet", 168, _ULTRAHONK_KEY, BYTES, _WORDS),
)
OTHERS: tuple[Pallet, ...] = (
    verifier_pallet("SettlementRisc0Pallet", 162, H256, _risc0_proof(RISC0_VERSIONS), BYTES),
    *_BOTH,
    verifier_pallet("SettlementUltrahonkPallet", 168, ULTRAHONK_VK, ULTRAHONK_PROOF, _WORDS),
    verifier_pallet("SettlementEzklPallet", 169, EZKL_VK, BYTES, _WORDS),
    verifier_pallet("SettlementTeePallet", 170, TEE_VK, BYTES, BYTES),
)
