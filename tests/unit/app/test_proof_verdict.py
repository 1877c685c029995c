"""What a report becomes when SP1's verifier has spoken; a core proof, which names no program, among them."""

import hashlib
from array import array
from dataclasses import replace

import pytest

from zk_acts.domain.ids import Hash32
from zk_operator.adapters.sp1.host.client import Verification
from zk_operator.adapters.sp1.inspection import Expectation, ProofReport, inspect_proof
from zk_operator.adapters.sp1.recursion_values import CoreValues
from zk_operator.adapters.sp1.saved_proof import Mode, SavedProof
from zk_operator.adapters.sp1.schema import (
    Elements,
    Maybe,
    Schema,
    Struct,
    Tensor,
    Text,
    Vec,
    Words,
)
from zk_operator.adapters.sp1.stark_container import CORE, SHARD_PROOF, StarkBody
from zk_operator.app.proof_verdict import with_verdict

VALUES = b"values"
VKEY, OTHER = Hash32(b"\x00" + b"\x21" * 31), Hash32(b"\x00" + b"\x22" * 31)
NOTHING = Expectation()


def least(schema: Schema) -> object:
    """The smallest value of a layout."""
    match schema:
        case Struct(fields=fields):
            return {name: least(one) for name, one in fields.items()}
        case Words(size=size):
            return (0,) * size
        case Elements():
            return array("I")
        case Tensor():
            return {"storage": array("I"), "dimensions": (0,)}
        case Vec():
            return ()
        case Maybe():
            return None
        case Text():
            return ""
    return 0


def core_proof(*, exit_code: int = 0, version: str = "v6.1.0") -> bytes:
    """A container of two empty shards, the last of which commits to the values."""
    words = array("I", [0] * 187)
    words[32:64] = array("I", list(hashlib.sha256(VALUES).digest()))
    words[87] = exit_code
    shard = least(SHARD_PROOF)
    assert isinstance(shard, dict)
    shards = (shard, shard | {"public_values": words})
    values = CoreValues(digest=b"", exit_code=0)  # not written; read from the shard again
    body = StarkBody(schema=CORE, parts=shards, values=values)
    proof = SavedProof(
        mode=Mode.CORE, body=body, public_values=VALUES, sp1_version=version, is_saved=True
    )
    return proof.encode()


def verdict(*, valid: bool = True, vkey: Hash32 = VKEY, reason: str | None = None) -> Verification:
    return Verification(
        valid=valid,
        reason=reason,
        mode="core",
        sp1_version="v6.1.0",
        vkey=vkey,
        public_values=VALUES,
    )


@pytest.fixture
def report() -> ProofReport:
    return inspect_proof(core_proof())


def test_inspect__a_core_proof__has_digest_and_exit_code_but_no_program(
    report: ProofReport,
) -> None:
    assert (report.mode, report.verified, report.open_check) == (Mode.CORE, None, "stark")
    assert report.claims.digest == hashlib.sha256(VALUES).digest()
    assert (report.claims.vkey, report.claims.exit_code) == (None, 0)
    assert inspect_proof(core_proof(exit_code=1)).verified is False


def test_verdict__on_a_core_proof__names_its_program(report: ProofReport) -> None:
    told = with_verdict(report, NOTHING, verdict())
    assert (told.verified, told.claims.vkey, told.notes) == (True, VKEY, ())


@pytest.mark.parametrize(
    ("wanted", "verified"), [(VKEY, True), (OTHER, False)], ids=["it", "another"]
)
def test_verdict__on_a_core_proof_of_a_wanted_program__compares_it(
    wanted: Hash32, verified: bool, report: ProofReport
) -> None:
    expected = Expectation(vkey=wanted)
    open_one = inspect_proof(core_proof(), expected)
    assert open_one.checks["vkey"] is None
    assert with_verdict(open_one, expected, verdict()).verified is verified


def test_verdict__of_another_program_than_the_proof_names__is_false(report: ProofReport) -> None:
    naming = replace(report, claims=replace(report.claims, vkey=OTHER))
    told = with_verdict(naming, NOTHING, verdict())
    assert (told.verified, told.checks["program"]) == (False, False)


def test_verdict__that_refuses__is_false_with_sp1s_words(report: ProofReport) -> None:
    told = with_verdict(report, NOTHING, verdict(valid=False, reason="root mismatch"))
    assert (told.verified, told.notes, told.claims.vkey) == (False, ("root mismatch",), None)


def test_verdict__on_what_sp1s_verifier_has_no_check_for__is_a_programming_error() -> None:
    old = inspect_proof(core_proof(version="v6.0.0"))
    assert old.open_check is None
    with pytest.raises(ValueError, match="no check"):
        with_verdict(old, NOTHING, verdict())
