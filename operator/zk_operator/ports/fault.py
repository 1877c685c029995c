"""Labelled points at which a test may end the process."""

from typing import Protocol


class FaultPoints(Protocol):
    """`hit` does nothing in production; a scenario makes one of the labels end the process without warning.

    Labels: `<act>.before_row`, `<act>.after_row`, `<act>.after_send`, `<act>.after_answer`, `<act>.after_outcome` (what
    a query told is in the row, and nothing has followed from it), act being prove, extrinsic or transaction.
    """

    def hit(self, label: str) -> None: ...
