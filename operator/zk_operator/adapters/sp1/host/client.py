"""Asks a running prover host: one connection per request, every answer under a deadline.

Format: docs/reference/prover-host.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, TypeVar

import anyio
from anyio.streams.buffered import BufferedByteReceiveStream
from pydantic import Field, FiniteFloat, TypeAdapter, ValidationError

from zk_acts.domain.ids import Hash32, parse_hex
from zk_operator.adapters.sp1.host.errors import HostAnswerMalformed, HostUnreachable
from zk_operator.adapters.sp1.host.wire import (
    SIZE_BYTES,
    Answer,
    decode_answer,
    encode_request,
    message_size,
)

MAX_CLAIMS = 1_024  # in one request


class Groth16Verdict(StrEnum):
    """What becomes of one proof."""

    VALID = "valid"
    MALFORMED = "malformed"  # another size, or words that are no scalars or no points of the groups
    CIRCUIT = "circuit"  # the selector names another key
    EXIT_CODE = "exit_code"  # the program ended with an error
    ROOT = "root"  # another recursion root than the expected one
    PAIRING = "pairing"  # everything is in order but the proof itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Groth16Claim:
    """That a program ended well with these public values, and the proof of it in on-chain form (circuit 6).

    `values_digest`: the public input that stands for the public values; see `statement.public_values_digest`.
    """

    program_vkey: Hash32
    values_digest: int
    onchain: bytes

    def encode(self) -> bytes:
        """One part of the request. OverflowError unless the digest is below 2^256."""
        return self.program_vkey + self.values_digest.to_bytes(32) + self.onchain


_T = TypeVar("_T")
Count = Annotated[int, Field(ge=0, lt=2**63)]
"""What rows and metrics hold."""


class ProofMode(StrEnum):
    """Kinds of proofs that the host can make."""

    CORE = "core"
    COMPRESSED = "compressed"
    GROTH16 = "groth16"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostVersion:
    """What the host is. `mode`: light, or prover; `groth16`: whether it could make such proofs, and `lacks` what not."""

    protocol: Count
    host: str
    sdk: str
    circuit: str
    mode: str
    groth16: bool = False
    lacks: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostResources:
    """The machine and the host's part of it. Memory in bytes."""

    cores: Count
    memory_total: Count
    memory_available: Count
    memory_used: Count
    memory_peak: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A program's run. `gas` in PGU; a refused batch has another exit code than 0."""

    public_values: bytes
    exit_code: Count
    cycles: Count
    gas: Count
    seconds: FiniteFloat


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramKeys:
    """A program's verifying key: its hash (bytes32 form) and its bincode."""

    vkey: Hash32
    vk: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HostProof:
    """A proof that SP1's own verifier has accepted on the host; `proof` as the SDK saves it."""

    proof: bytes
    vk: bytes
    vkey: Hash32
    public_values: bytes
    seconds: FiniteFloat
    memory_peak: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """SP1's verdict on a proof; `reason` where it is refused."""

    valid: bool
    reason: str | None
    mode: str
    sp1_version: str
    vkey: Hash32
    public_values: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HostJob:
    """A request under way; `stage`: waiting, setting_up, executing, proving, verifying."""

    stage: str
    seconds: FiniteFloat


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdicts:
    verdicts: list[Groth16Verdict]


class ProverHost:
    """A host that listens at a socket. Every call: HostUnreachable, HostAnswerMalformed, or the leaf of its refusal."""

    def __init__(self, *, socket: Path, timeout_s: float = 60.0) -> None:
        """`timeout_s`: for everything but proving, which takes its own."""
        self._socket = socket
        self._timeout_s = timeout_s

    def __repr__(self) -> str:
        return f"ProverHost(socket={self._socket})"

    async def version(self) -> HostVersion:
        """Versions and mode."""
        return _read(HostVersion, (await self._call("version")).fields)

    async def resources(self) -> HostResources:
        """Memory and cores, now."""
        return _read(HostResources, (await self._call("resources")).fields)

    async def execute(self, elf: bytes, stdin: bytes, *, cycle_limit: int) -> Execution:
        """Run a program over a bincode SP1Stdin, counting cycles and prover gas."""
        answer = await self._call("execute", {"cycle_limit": cycle_limit}, [elf, stdin])
        (public_values,) = _parts(answer, 1)
        return _read(Execution, {**answer.fields, "public_values": public_values})

    async def setup(self, elf: bytes) -> ProgramKeys:
        """The program's verifying key; computed once, then from the host's disk."""
        answer = await self._call("setup", None, [elf])
        (vk,) = _parts(answer, 1)
        return ProgramKeys(vkey=_vkey(answer), vk=vk)

    async def prove(
        self, elf: bytes, stdin: bytes, *, mode: ProofMode, timeout_s: float
    ) -> HostProof:
        """Make a proof; only a host in prover mode can.

        Cancelling closes the connection, which ends a host that is proving: nothing else stops SP1's prover.
        """
        terms = {"mode": mode.value}
        answer = await self._call("prove", terms, [elf, stdin], timeout_s=timeout_s)
        proof, vk, public_values = _parts(answer, 3)
        made = {"proof": proof, "vk": vk, "public_values": public_values}
        return _read(HostProof, {**answer.fields, **made, "vkey": _vkey(answer)})

    async def verify(self, proof: bytes, vk: bytes) -> Verification:
        """SP1's verdict on a saved proof, with exit code 0, under a verifying key."""
        answer = await self._call("verify", None, [proof, vk])
        (public_values,) = _parts(answer, 1)
        found = {"vkey": _vkey(answer), "public_values": public_values}
        return _read(Verification, {**answer.fields, **found})

    async def verify_groth16(
        self, circuit_vk: bytes, recursion_root: Hash32, claims: Sequence[Groth16Claim]
    ) -> list[Groth16Verdict]:
        """A verdict for each proof, in batches: some hundred microseconds per proof.

        `circuit_vk`: `groth16_vk.bin` of a circuit with five inputs, a release's or a devnet's. `recursion_root`: what every
        proof has to name. Errors: HostRefused where one of the two does not decode.
        """
        verdicts: list[Groth16Verdict] = []
        for start in range(0, len(claims), MAX_CLAIMS):
            batch = claims[start : start + MAX_CLAIMS]
            parts = [circuit_vk, recursion_root, *(claim.encode() for claim in batch)]
            answer = await self._call("verify_groth16", None, parts)
            found = _read(_Verdicts, answer.fields).verdicts
            if len(found) != len(batch):
                raise HostAnswerMalformed("the prover host judges other proofs", found=len(found))
            verdicts += found
        return verdicts

    async def progress(self) -> Sequence[HostJob]:
        """Every request under way, this one included."""
        jobs = (await self._call("progress")).fields.get("jobs")
        return [_read(HostJob, job) for job in jobs] if isinstance(jobs, list) else []

    async def _call(
        self,
        op: str,
        terms: Mapping[str, object] | None = None,
        parts: Sequence[bytes] = (),
        *,
        timeout_s: float | None = None,
    ) -> Answer:
        request = encode_request(op, terms, parts)
        try:
            with anyio.fail_after(timeout_s or self._timeout_s):
                return decode_answer(await self._exchange(request))
        except TimeoutError as error:
            raise HostUnreachable("the prover host did not answer in time", op=op) from error
        except (OSError, anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError) as e:
            raise HostUnreachable(op=op, reason=type(e).__name__) from e

    async def _exchange(self, request: bytes) -> bytes:
        async with await anyio.connect_unix(self._socket) as stream:
            await stream.send(request)
            reader = BufferedByteReceiveStream(stream)
            size = message_size(await reader.receive_exactly(SIZE_BYTES))
            return await reader.receive_exactly(size)


@cache
def _reader_of(kind: type[_T]) -> TypeAdapter[_T]:
    """Made once: that takes milliseconds, reading takes none."""
    return TypeAdapter(kind)


def _read(kind: type[_T], fields: object) -> _T:
    try:
        found: _T = _reader_of(kind).validate_python(fields)  # type: ignore[arg-type]  # a class can be hashed
        return found
    except ValidationError as error:
        raise HostAnswerMalformed(reason=str(error.errors(include_url=False)[0])) from error


def _parts(answer: Answer, count: int) -> tuple[bytes, ...]:
    if len(answer.parts) != count:
        raise HostAnswerMalformed(
            "the prover host's answer has other parts", found=len(answer.parts)
        )
    return answer.parts


def _vkey(answer: Answer) -> Hash32:
    try:
        return Hash32(parse_hex(str(answer.fields.get("vkey")), 32))
    except ValueError as error:
        raise HostAnswerMalformed("the prover host names no vkey") from error
