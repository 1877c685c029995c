"""Names of keys and statements: by the chain's own values where there are some, else by the pallets' rule written out."""

import hashlib

import pytest

from zk_acts.domain.hashing import keccak
from zkverify_client.domain.proof_errors import StatementUnknown
from zkverify_client.domain.verifier import Encoded, VerifierPallet, statement_of, vk_hash_of

SCALE, CONTENT = b"\x08\x01\x02\x03", b"\x01\x02\x03"
KEY = Encoded(scale=SCALE, content=CONTENT)
PUBS = Encoded(scale=b"\x04p", content=b"p")
PROOF = Encoded(scale=b"", content=b"")
EMPTY = hashlib.sha256(b"").digest()


def of(variant: str | None) -> Encoded:
    return Encoded(scale=SCALE, content=CONTENT, variant=variant)


@pytest.mark.parametrize(
    ("pallet", "variant", "expected"),
    [
        (VerifierPallet.SP1, None, CONTENT),
        (VerifierPallet.RISC0, None, CONTENT),
        (VerifierPallet.EZKL, None, keccak(CONTENT)),
        (VerifierPallet.GROTH16, None, keccak(SCALE)),
        (VerifierPallet.PLONKY2, None, keccak(SCALE)),
        (VerifierPallet.FFLONK, None, keccak(SCALE)),
        (VerifierPallet.TEE, None, keccak(SCALE)),
        (VerifierPallet.TEE, "Intel", keccak(SCALE)),
        (VerifierPallet.TEE, "Nitro", keccak(SCALE)),
        (VerifierPallet.ULTRAPLONK, None, hashlib.sha256(CONTENT + bytes(480)).digest()),
        (VerifierPallet.ULTRAHONK, None, hashlib.sha256(CONTENT).digest()),
        (VerifierPallet.ULTRAHONK, "Legacy", hashlib.sha256(CONTENT).digest()),
        (VerifierPallet.ULTRAHONK, "V0_84", keccak(SCALE)),
        (VerifierPallet.ULTRAHONK, "V3_0", keccak(SCALE)),
    ],
)
def test_vk_hash__of_each_verifier__is_its_pallets_rule(
    pallet: VerifierPallet, variant: str | None, expected: bytes
) -> None:
    assert vk_hash_of(pallet, of(variant)) == expected


@pytest.mark.parametrize(
    ("pallet", "variant", "version"),
    [
        *((pallet, None, b"") for pallet in VerifierPallet if pallet is not VerifierPallet.RISC0),
        *(
            (VerifierPallet.RISC0, f"V{v.replace('.', '_')}", f"risc0:v{v}".encode())
            for v in ("1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "3.0")
        ),
        *((VerifierPallet.ULTRAHONK, kind, b"") for kind in ("ZK", "Plain", "Legacy")),
        (VerifierPallet.ULTRAHONK, "V0_84", b"ultrahonk:v0.84"),
        (VerifierPallet.ULTRAHONK, "V3_0", b"ultrahonk:v3.0"),
    ],
)
def test_statement__of_each_version__has_its_hash(
    pallet: VerifierPallet, variant: str | None, version: bytes
) -> None:
    word = pallet.value.removeprefix("Settlement").removesuffix("Pallet").lower().encode()
    whole = keccak(word) + b"k" * 32 + hashlib.sha256(version).digest() + keccak(b"p")
    assert statement_of(pallet, b"k" * 32, of(variant), PUBS) == keccak(whole)


@pytest.mark.parametrize("pallet", list(VerifierPallet))
def test_unknown_form__of_each_verifier__is_no_guess(pallet: VerifierPallet) -> None:
    with pytest.raises(StatementUnknown, match=pallet.word):
        vk_hash_of(pallet, of("Later"))
    with pytest.raises(StatementUnknown, match=pallet.word):
        statement_of(pallet, bytes(32), of("Later"), PUBS)


def test_risc0__without_a_version__is_no_guess() -> None:
    with pytest.raises(StatementUnknown):
        statement_of(VerifierPallet.RISC0, bytes(32), PROOF, PUBS)
