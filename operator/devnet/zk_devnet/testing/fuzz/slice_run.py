"""Runs some inputs of one target in this process, each under limits of time and memory."""

import re
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from zlib import crc32

from zk_acts.domain.errors import OperatorError
from zk_devnet.testing.fuzz.target import Contradiction, Decoder, Target

_MOST_FAULTS = 20
_OURS = re.compile(r"(?<=/)(?=zk_(?:operator|devnet|trader)/)")
_KIB = 1024
_HANGS = 5  # times the limit: then it is cut off


class Endless(BaseException):
    """Raised in a decoder that does not come to an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An input that was treated wrongly. `place`: equal for faults with the same cause, mostly."""

    target: str
    index: int
    place: str
    what: str
    content: bytes = field(repr=False)


@dataclass(slots=True, kw_only=True)
class SliceReport:
    """What became of some inputs of one target."""

    target: str
    inputs: int = 0
    taken: int = 0
    refused: int = 0
    seconds: float = 0.0  # of processor time
    slowest_s: float = 0.0
    grown_bytes: int = 0
    peak_bytes: int = 0  # of the process, as it was last seen
    faults: list[Fault] = field(default_factory=list)


def input_of(target: Target, decoder: Decoder, seed: int, index: int) -> bytes:
    """The input of that number: the same in every run with that seed, whichever others are run. First come the seeds."""
    if index < len(decoder.seeds):
        return decoder.seeds[index]
    return decoder.mutate(Random(_seed_of(target, seed, index)), decoder.seeds)


def run_slice(target: Target, decoder: Decoder, *, seed: int, indices: range) -> SliceReport:
    """Every input of the slice. Faults of one place are counted once."""
    report, known = SliceReport(target=target.name, peak_bytes=_fresh_peak()), set[str]()
    started = time.process_time()
    with _cutting_off():
        for index in indices:
            if decoder.renew is not None and index % decoder.renew_every == 0:
                decoder.renew()
            content = input_of(target, decoder, seed, index)
            fault = _judge(target, decoder, content, index, report)
            if fault is not None and fault.place not in known and len(known) < _MOST_FAULTS:
                known.add(fault.place)
                report.faults.append(fault)
    report.seconds = time.process_time() - started
    return report


def fault_of(target: Target, decoder: Decoder, content: bytes, index: int = -1) -> Fault | None:
    """What is wrong with how one input is treated; None if nothing is."""
    with _cutting_off():
        return _judge(
            target,
            decoder,
            content,
            index,
            SliceReport(target=target.name, peak_bytes=_fresh_peak()),
        )


def shrunk(target: Target, decoder: Decoder, fault: Fault, *, budget_s: float = 20.0) -> Fault:
    """The fault with a shorter input, as short as it gets by leaving pieces out."""
    best, ends = fault, time.monotonic() + budget_s
    size = max(1, len(best.content) // 2)
    while size and time.monotonic() < ends:
        at = 0
        while at < len(best.content) and time.monotonic() < ends:
            shorter = best.content[:at] + best.content[at + size :]
            found = fault_of(target, decoder, shorter, fault.index)
            if found is not None and found.place == fault.place:
                best = found
            else:
                at += size
        size //= 2
    return best


def _judge(
    target: Target, decoder: Decoder, content: bytes, index: int, report: SliceReport
) -> Fault | None:
    if _peak() > report.peak_bytes:  # making the input took that: no matter of the decoder's
        report.peak_bytes = _fresh_peak()
    started = time.thread_time()
    wrong = _attempt(decoder, content, report, target.most_cpu_s * _HANGS)
    spent_s, peak = time.thread_time() - started, _peak()
    grown, report.peak_bytes = peak - report.peak_bytes, peak
    report.inputs += 1
    report.slowest_s = max(report.slowest_s, spent_s)
    report.grown_bytes += grown
    if wrong is None and spent_s > target.most_cpu_s:
        wrong = ("time", f"{spent_s:.2f} s of processor time")
    if wrong is None and grown > target.most_bytes:
        wrong = ("memory", f"{grown >> 20} MiB")
    if wrong is None:
        return None
    return Fault(target=target.name, index=index, place=wrong[0], what=wrong[1], content=content)


def _attempt(
    decoder: Decoder, content: bytes, report: SliceReport, limit_s: float
) -> tuple[str, str] | None:
    signal.setitimer(signal.ITIMER_VIRTUAL, limit_s)
    try:
        decoder.read(content)
        report.taken += 1
        return None
    except Endless as error:
        return ("endless", _trace(error))
    except Exception as error:  # noqa: BLE001 - whatever a decoder raises is what is looked for
        if not isinstance(error, (OperatorError, *decoder.refusals)):
            return (_place(error), _trace(error))
        report.refused += 1
        return _said(error)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _said(error: Exception) -> tuple[str, str] | None:
    """Errors end in logs and in the database: their texts have to be texts."""
    try:
        str(error).encode()
    except (ValueError, RecursionError) as cause:
        return (f"unspeakable {type(error).__name__}", repr(cause)[:200])
    return None


def _place(error: Exception) -> str:
    if isinstance(error, Contradiction):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _OURS.search(frame.filename)] or frames
    return f"{type(error).__name__} at {_OURS.split(ours[-1].filename)[-1]}:{ours[-1].lineno}"


def _trace(error: BaseException) -> str:
    lines = traceback.format_exception(error)
    return "".join(lines if len(lines) < 40 else [*lines[:20], "  ...\n", *lines[-10:]])


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB


def _fresh_peak() -> int:
    """The peak, forgotten before: what was needed earlier would hide what is needed now. Linux only; elsewhere as it is."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _seed_of(target: Target, seed: int, index: int) -> int:
    return seed << 96 | crc32(target.name.encode()) << 64 | index


@contextmanager
def _cutting_off() -> Iterator[None]:
    def cut(_signal: int, _frame: FrameType | None) -> None:
        raise Endless

    before: Callable[[int, FrameType | None], object] | int | None
    before = signal.signal(signal.SIGVTALRM, cut)
    try:
        yield
    finally:
        signal.signal(signal.SIGVTALRM, before)
