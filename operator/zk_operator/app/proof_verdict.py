"""SP1's own verdict on a proof file, by the prover host."""

from dataclasses import replace

from zk_operator.adapters.sp1.host.client import ProverHost, Verification
from zk_operator.adapters.sp1.host.errors import HostError, HostProvingFailed, HostRefused
from zk_operator.adapters.sp1.host.process import HostKind
from zk_operator.adapters.sp1.inspection import Expectation, ProofReport
from zk_operator.adapters.sp1.inspection.errors import KeyFileUnusable, ProofFileMalformed
from zk_operator.app.prover_tool import LocalPlace, open_host

ELF_MAGIC = b"\x7fELF"
PROGRAM_KEY_BYTES = 104  # bincode of SP1 6's SP1VerifyingKey
_BROKEN = "SP1's verifier broke off with an error of its own"


async def judged(
    report: ProofReport, expected: Expectation, *, proof: bytes, program: bytes, place: LocalPlace
) -> ProofReport:
    """The report with its open check made by SP1's verifier. `program`: its full key, or its ELF.

    Errors: HostError, KeyFileUnusable, ProofFileMalformed.
    """
    if not program.startswith(ELF_MAGIC) and len(program) != PROGRAM_KEY_BYTES:
        raise KeyFileUnusable("neither a program's ELF nor its key", size=len(program))
    async with open_host(place) as processes:
        host = await processes.host(HostKind.LIGHT)
        key = await _key(host, program)
        try:
            verdict = await host.verify(proof, key)
        except HostRefused as error:
            raise ProofFileMalformed(
                "SP1 cannot decode proof or key", reason=_words(error)
            ) from error
        except HostProvingFailed as error:
            return _with_check(report, holds=None, note=f"{_BROKEN} ({_words(error)})")
    return with_verdict(report, expected, verdict)


async def _key(host: ProverHost, program: bytes) -> bytes:
    if not program.startswith(ELF_MAGIC):
        return program
    try:
        return (await host.setup(program)).vk
    except HostRefused as error:
        raise KeyFileUnusable("SP1 does not take the program", reason=_words(error)) from error


def _words(error: HostError) -> str:
    return str(error.context.get("host_says", error.message))


def with_verdict(report: ProofReport, expected: Expectation, verdict: Verification) -> ProofReport:
    """The report with what SP1's verifier said. ValueError where it has no check for it."""
    told = _with_check(report, holds=verdict.valid, note=verdict.reason)
    if not verdict.valid:
        return told
    claims, checks = told.claims, dict(told.checks)
    if claims.vkey is None:  # a core proof, which is known now to be of this program
        claims = replace(claims, vkey=verdict.vkey)
        if expected.vkey is not None:
            checks["vkey"] = verdict.vkey == expected.vkey
    checks["program"] = verdict.vkey == claims.vkey
    return replace(told, claims=claims, checks=checks)


def _with_check(report: ProofReport, *, holds: bool | None, note: str | None) -> ProofReport:
    if report.open_check is None:
        raise ValueError("SP1's verifier makes no check of this proof")
    notes = () if note is None else (note,)
    return replace(report, checks={**report.checks, report.open_check: holds}, notes=notes)
