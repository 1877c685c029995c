"""The harness finds what is planted, says which input it was, makes it short, and gives the same inputs again."""

import time
from collections.abc import Callable, Sequence
from random import Random

import pytest

from zk_acts.domain.errors import OperatorError
from zk_devnet.testing.fuzz.byte_mutation import mutate_bytes
from zk_devnet.testing.fuzz.json_mutation import mutate_json
from zk_devnet.testing.fuzz.slice_run import fault_of, input_of, run_slice, shrunk
from zk_devnet.testing.fuzz.target import Contradiction, Decoder, Target

TRIGGER = b"\xff"
held: list[bytes] = []


def decoder(read: Callable[[bytes], object]) -> Decoder:
    return Decoder(seeds=[bytes(64), b"some bytes"], mutate=mutate_bytes, read=read)


def target(read: Callable[[bytes], object]) -> tuple[Target, Decoder]:
    made = decoder(read)
    return Target(name="planted", build=lambda: made, most_cpu_s=0.3, most_bytes=32 << 20), made


def wrong_error(raw: bytes) -> None:
    if TRIGGER in raw:
        raise KeyError("planted")


def false_claim(raw: bytes) -> None:
    if TRIGGER in raw:
        raise Contradiction("one is two")


def slow(raw: bytes) -> None:
    if TRIGGER in raw:
        ends = time.thread_time() + 0.35
        while time.thread_time() < ends:
            pass


def endless(raw: bytes) -> None:
    while TRIGGER in raw:
        pass


def greedy(raw: bytes) -> None:
    if TRIGGER in raw:
        held.append(b"\x01" * (64 << 20))
        held.clear()


def unspeakable(raw: bytes) -> None:
    if TRIGGER in raw:
        raise ValueError("\ud800")


class Mute(OperatorError):
    """Raised when nothing can be said."""

    def __str__(self) -> str:
        return "\ud800"


def mute(raw: bytes) -> None:
    if TRIGGER in raw:
        raise Mute


@pytest.mark.parametrize(
    ("read", "place"),
    [
        (wrong_error, "KeyError at "),
        (false_claim, "one is two"),
        (slow, "time"),
        (endless, "endless"),
        (greedy, "memory"),
        (unspeakable, "ValueError at "),
        (mute, "unspeakable Mute"),
    ],
)
def test_fault_of__each_planted_kind__is_told_by_its_place(
    read: Callable[[bytes], object], place: str
) -> None:
    fault = fault_of(*target(read), b"a" + TRIGGER)
    assert fault is not None
    assert fault.place.startswith(place)
    assert fault_of(*target(read), b"a") is None


def test_run_slice__a_planted_fault__is_found_once_and_shrunk_to_what_triggers_it() -> None:
    planted, made = target(wrong_error)
    report = run_slice(planted, made, seed=1, indices=range(500))
    (fault,) = report.faults
    assert input_of(planted, made, 1, fault.index) == fault.content
    assert shrunk(planted, made, fault).content == TRIGGER


def test_run_slice__own_errors_and_declared_ones__are_refusals() -> None:
    def read(raw: bytes) -> None:
        if len(raw) % 2:
            raise OperatorError
        raise LookupError

    made = Decoder(seeds=[b"a", b"ab"], mutate=mutate_bytes, read=read, refusals=(LookupError,))
    report = run_slice(target(read)[0], made, seed=1, indices=range(200))
    assert (report.taken, report.refused, report.faults) == (0, 200, [])


def test_input_of__same_seed_and_number__is_the_same_whatever_ran_before() -> None:
    planted, made = target(wrong_error)
    alone = input_of(planted, made, 7, 321)
    for index in range(400):
        again = input_of(planted, made, 7, index)
        if index == 321:
            assert again == alone
    assert len({input_of(planted, made, seed, 321) for seed in range(20)}) > 10


def test_mutate_json__every_input__is_altered_in_its_structure_not_only_in_its_text() -> None:
    planted = Target(name="planted", build=lambda: made)
    made = Decoder(
        seeds=[b'{"a": {"b": [1, "0x10", true]}}'], mutate=mutate_json, read=lambda _: None
    )
    inputs = {input_of(planted, made, 1, index) for index in range(1_000)}
    assert len(inputs) > 500
    for part in (b"1e999", b'"a": null', b"[[[[[[", b"\\ud800", b"9" * 300):
        assert any(part in raw for raw in inputs), part


def test_renew__every_so_many_inputs__begins_anew() -> None:
    renewed: list[int] = []
    made = Decoder(
        seeds=[b"a"],
        mutate=mutate_bytes,
        read=lambda _: None,
        renew=lambda: renewed.append(1),
        renew_every=10,
    )
    run_slice(Target(name="planted", build=lambda: made), made, seed=1, indices=range(30))
    assert len(renewed) == 3


def test_run_slice__an_input_that_took_memory_to_make__is_no_fault_of_the_decoder() -> None:
    def mutate(_random: Random, seeds: Sequence[bytes]) -> bytes:
        held.append(b"\x01" * (96 << 20))
        held.clear()
        return seeds[0]

    made = Decoder(seeds=[b"a"], mutate=mutate, read=bytes)
    report = run_slice(target(bytes)[0], made, seed=1, indices=range(3))
    assert report.faults == []
    assert report.grown_bytes < 1 << 20
