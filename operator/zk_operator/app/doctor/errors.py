"""The end of an examination that found something severe."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class EndpointsUnfit(OperatorError):
    """Raised when an examination found something with which the operator cannot work, or loses money.

    Meaning: `zk-operator config check --online` found something with which the operator cannot work or loses money:
    no endpoint serves the chain, a configured depth is unknown everywhere, contract and configuration differ, the
    domain takes no proofs, and the like. The configuration itself is valid.

    What you see: The table (or `findings` with `--json`) is printed before the error; the lines marked `severe` are
    meant. Exit code 1. Nothing was sent or paid.

    What to do: Each line says what to do. A line that is severe at one endpoint and not at another is a warning:
    the operator works while the other one does. What kind of endpoint has what is in
    [operate](../operate.md#what-kind-of-endpoint-is-good-enough).
    """

    code: ClassVar[str] = "ZKO-DOC-001"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
