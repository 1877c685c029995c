"""What the dev prover makes of the host's answers."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from zk_devnet.prover_network.errors import ExecutionFailed, HostFailed, ProgramUnknown
from zk_devnet.prover_network.host import (
    CompressedProofs,
    HostAnswer,
    HostLink,
    HostProgram,
    HostRefusal,
)
from zk_devnet.prover_network.program import batch_key
from zk_devnet.prover_network.states import FailureCause
from zk_operator.program import batch_program

MADE = HostAnswer(
    fields={"seconds": 900.0, "memory_peak": 1, "vkey": "0x00"}, parts=[b"proof", b"vk", b"values"]
)


def verdict(*, valid: bool = True, values: bytes = b"values") -> HostAnswer:
    return HostAnswer(fields={"valid": valid, "seconds": 0.1, "reason": None}, parts=[values])


class ScriptedLink(HostLink):
    """Answers in order; an answer that is an exception is raised."""

    def __init__(self, *answers: HostAnswer | Exception) -> None:
        super().__init__(Path("nowhere"))
        self.asked: list[object] = []
        self._answers = list(answers)

    def ask(self, op: object, parts: Sequence[bytes] = (), *, timeout_s: float = 1.0) -> HostAnswer:
        self.asked.append(op)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def run(*answers: HostAnswer | Exception) -> HostProgram:
    return HostProgram(ScriptedLink(*answers))


def test_execute__a_clean_run__gives_sp1s_numbers() -> None:
    fields = {"exit_code": 0, "cycles": 9, "gas": 12}
    result = run(HostAnswer(fields=fields, parts=[b"values"])).execute(b"elf", b"stdin")
    assert (result.public_values, result.cycles, result.gas) == (b"values", 9, 12)


def test_execute__another_exit_code__is_a_failed_execution() -> None:
    answer = HostAnswer(fields={"exit_code": 67, "cycles": 9, "gas": 12}, parts=[b""])
    with pytest.raises(ExecutionFailed, match="67"):
        run(answer).execute(b"elf", b"stdin")


@pytest.mark.parametrize(
    ("refusal", "leaf"),
    [
        (HostRefusal("program", "no ELF"), ProgramUnknown),
        (HostRefusal("malformed", "no stdin"), ProgramUnknown),
        (HostRefusal("execution", "trapped"), ExecutionFailed),
        (HostRefusal("internal", "panic"), HostFailed),
        (HostFailed(reason="gone"), HostFailed),
    ],
)
def test_execute__a_refusal__is_told_from_the_others(
    refusal: Exception, leaf: type[Exception]
) -> None:
    with pytest.raises(leaf):
        run(refusal).execute(b"elf", b"stdin")


def test_execute__too_many_cycles__names_its_cause() -> None:
    with pytest.raises(ExecutionFailed) as caught:
        run(HostRefusal("execution", "Exceeded cycle limit of 5")).execute(b"elf", b"stdin")
    assert caught.value.cause is FailureCause.EXCEEDED_CYCLE_LIMIT


def test_key__the_shipped_program__needs_no_setup() -> None:
    assert run().key(batch_program().elf) == batch_key()


def test_key__another_program__is_set_up() -> None:
    vkey = "0x" + batch_program().vkey.hex()
    answer = HostAnswer(fields={"vkey": vkey}, parts=[b"vk"])
    assert run(answer).key(b"another") == batch_key()


def test_key__no_program__is_unknown() -> None:
    with pytest.raises(ProgramUnknown):
        run(HostRefusal("program", "no ELF")).key(b"junk")


def test_attest__a_proof_that_verifies__is_kept(tmp_path: Path) -> None:
    link = ScriptedLink(MADE, verdict())
    CompressedProofs(link, folder=tmp_path / "proofs").attest(b"elf", b"stdin", b"values")
    assert link.asked == [{"prove": {"mode": "compressed"}}, "verify"]
    assert (tmp_path / "proofs" / "001.proof.bin").read_bytes() == b"proof"
    assert (tmp_path / "proofs" / "001.vk.bin").read_bytes() == b"vk"


@pytest.mark.parametrize(
    "answers",
    [
        (MADE, verdict(valid=False)),
        (MADE, verdict(values=b"others")),
        (HostRefusal("proving", "no"),),
        (HostFailed(reason="gone"),),
    ],
    ids=["invalid", "other values", "refused", "gone"],
)
def test_attest__anything_else__fails_and_keeps_nothing(
    tmp_path: Path, answers: tuple[HostAnswer | Exception, ...]
) -> None:
    with pytest.raises(HostFailed):
        CompressedProofs(ScriptedLink(*answers), folder=tmp_path).attest(
            b"elf", b"stdin", b"values"
        )
    assert not list(tmp_path.iterdir())
