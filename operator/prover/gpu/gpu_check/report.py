"""The result: one JSON document, on disk after every change, so that whatever ends the run leaves what was found."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

FORMAT = 1
CPU_COMPRESSED_10_S = 849.0  # docs/reference/benchmarks.md: two cores, 2026-11-21
GOALS_S = (30.0, 10.0)  # 100 orders, compressed


class Outcome(StrEnum):
    """How a step ended. `RUNNING` in a finished run's document: it was killed in that step."""

    RUNNING = "running"
    OK = "ok"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    SKIPPED = "skipped"


@dataclass(slots=True, kw_only=True)
class StepResult:
    """One step. Durations in seconds. `reason`: why it is not ok; `facts`: what was measured, as far as it came."""

    name: str
    limit_s: float
    outcome: Outcome = Outcome.RUNNING
    reason: str | None = None
    seconds: float = 0.0
    is_optional: bool = False
    facts: dict[str, object] = field(default_factory=dict)

    def document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "name": self.name,
            "outcome": self.outcome.value,
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
            "limit_s": round(self.limit_s, 1),
            "optional": self.is_optional,
            **self.facts,
        }


class Report:
    """All steps so far, in `results.json` of a folder."""

    def __init__(self, folder: Path, facts: Mapping[str, object]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "results.json"
        self._facts = dict(facts)
        self._started = _now()
        self._finished: str | None = None
        self.steps: list[StepResult] = []
        self.write()

    @property
    def exit_code(self) -> int:
        """0 where every step that has to be is ok."""
        return int(
            any(step.outcome is not Outcome.OK for step in self.steps if not step.is_optional)
        )

    def outcome_of(self, name: str) -> Outcome | None:
        """How a step ended; None where it has not begun."""
        return next((step.outcome for step in self.steps if step.name == name), None)

    def begin(self, step: StepResult) -> None:
        """On disk before it is tried."""
        self.steps.append(step)
        self.write()

    def end(self, step: StepResult) -> None:
        """On disk, and said."""
        self.write()
        reason = f": {step.reason}" if step.reason else ""
        sys.stdout.write(f"gpu-check: {step.name} {step.outcome} {step.seconds:.1f} s{reason}\n")
        sys.stdout.flush()

    def finish(self) -> None:
        """The whole has come to its end."""
        self._finished = _now()
        self.write()

    def write(self) -> None:
        """Atomically: a reader finds the document before or after, never half of it."""
        draft = self._path.with_suffix(".draft")
        draft.write_text(json.dumps(self._document(), indent=1) + "\n")
        draft.replace(self._path)

    def _document(self) -> dict[str, object]:
        return {
            "format": FORMAT,
            "started": self._started,
            "finished": self._finished,
            "exit_code": self.exit_code if self._finished else None,
            **self._facts,
            "steps": [step.document() for step in self.steps],
            "goals": self._goals(),
            "against_cpu": self._against_cpu(),
        }

    def _goals(self) -> list[dict[str, object]]:
        """Cold is the first proof of that size, warm the one after it; the better one counts."""
        made = [self._proving_s(name) for name in ("compressed-100", "compressed-100-warm")]
        best = min((seconds for seconds in made if seconds is not None), default=None)
        return [
            {
                "goal": "100 orders, compressed",
                "below_s": below_s,
                "measured_s": best,
                "met": None if best is None else best < below_s,
            }
            for below_s in GOALS_S
        ]

    def _against_cpu(self) -> dict[str, object]:
        gpu_s = self._proving_s("compressed-10")
        return {
            "proof": "10 orders, compressed",
            "cpu_s": CPU_COMPRESSED_10_S,
            "gpu_s": gpu_s,
            "times_faster": None if not gpu_s else round(CPU_COMPRESSED_10_S / gpu_s, 1),
        }

    def _proving_s(self, name: str) -> float | None:
        """Only of proofs that were verified."""
        for step in self.steps:
            seconds = step.facts.get("proving_s")
            if step.name == name and step.outcome is Outcome.OK and isinstance(seconds, float):
                return seconds
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
