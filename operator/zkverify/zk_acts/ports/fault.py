"""Labelled points at which a test may end the process."""

from typing import Protocol


class FaultPoints(Protocol):
    """`hit` does nothing in production; a scenario makes one of the labels end the process without warning.

    Labels: `<act>.before_row`, `<act>.after_row`, `<act>.after_send`, `<act>.after_answer`, `<act>.after_final` (its
    row says that it took effect, and nobody has read that), act being prove, extrinsic, transaction or job.
    """

    def hit(self, label: str) -> None: ...
