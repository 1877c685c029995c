"""Every decoder against a thousand altered inputs, and against those that once broke it. `make fuzz` has a million."""

from pathlib import Path

import pytest

from zk_devnet.testing.fuzz.catalogue import TARGETS, decoder_of
from zk_devnet.testing.fuzz.slice_run import Fault, fault_of, run_slice
from zk_devnet.testing.fuzz.target import Target

INPUTS, SEED = 1_000, 20_261_127
FOUND = Path(__file__).parents[3] / "fuzz" / "found"
KEPT = sorted(path for path in FOUND.glob("*/*") if path.is_file())


def shown(faults: list[Fault]) -> str:
    return "\n".join(f"input {fault.index}: {fault.place}\n{fault.what}" for fault in faults)


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_fuzz__a_thousand_altered_inputs__are_taken_or_refused_in_bounds(target: Target) -> None:
    decoder = decoder_of(target.name)
    indices = range(max(len(decoder.seeds), target.inputs(INPUTS)))
    report = run_slice(target, decoder, seed=SEED, indices=indices)
    assert not report.faults, shown(report.faults)
    assert report.taken + report.refused == report.inputs == len(indices)


@pytest.mark.parametrize("path", KEPT, ids=[f"{path.parent.name}/{path.name}" for path in KEPT])
def test_fuzz__an_input_that_broke_a_decoder__does_not_any_more(path: Path) -> None:
    target = TARGETS[path.parent.name]
    fault = fault_of(target, decoder_of(target.name), path.read_bytes())
    assert fault is None, shown([fault])


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_fuzz__the_inputs_that_are_altered__show_the_decoder_something_valid(
    target: Target,
) -> None:
    """A target whose seeds are all refused tries nothing but the first check."""
    decoder = decoder_of(target.name)
    report = run_slice(target, decoder, seed=SEED, indices=range(len(decoder.seeds)))
    assert report.taken, target.name
