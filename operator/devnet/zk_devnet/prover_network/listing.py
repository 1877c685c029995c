"""GetFilteredProofRequests: which requests a filter keeps, and which page of them."""

from collections.abc import Callable, Iterable
from typing import Any

from zk_devnet.prover_network.admission import require
from zk_devnet.prover_network.request import Request
from zk_devnet.prover_network.states import Fulfillment

MAX_LIMIT = 100
_DEFAULT_LIMIT = 10

_Test = Callable[[Request, Any], bool]

# `not_bid_by` and `use_mainnet` keep everything: bids are not recorded, and the network is what it is.
_TESTS: dict[str, _Test] = {
    "version": lambda request, value: request.terms.version == value,
    "fulfillment_status": lambda request, value: int(request.fulfillment) == value,
    "execution_status": lambda request, value: int(request.execution) == value,
    "minimum_deadline": lambda request, value: request.terms.deadline >= value,
    "vk_hash": lambda request, value: request.terms.vk_hash == value,
    "requester": lambda request, value: request.requester == value,
    "fulfiller": lambda request, value: (
        request.winner is not None and request.winner.address == value
    ),
    "from": lambda request, value: request.created_at >= value,
    "to": lambda request, value: request.created_at <= value,
    "mode": lambda request, value: int(request.terms.mode) == value,
    "execute_fail_cause": lambda request, value: int(request.cause) == value,
    "settlement_status": lambda request, value: int(request.settlement) == value,
    "error": lambda request, value: int(request.error) == value,
    "is_canceled": lambda request, value: request.is_canceled == value,
    "is_timed_out": lambda request, value: (request.fulfillment is Fulfillment.EXPIRED) == value,
}


def select(requests: Iterable[Request], message: Any) -> list[Request]:
    """The page that the filter message asks for, newest first; CallRefused for a limit outside 1 to 100."""
    limit = message.limit if message.HasField("limit") else _DEFAULT_LIMIT
    require(1 <= limit <= MAX_LIMIT, f"limit must be between 1 and {MAX_LIMIT}")
    newest_first = sorted(requests, key=lambda request: -request.created_at)
    return _page(_kept(newest_first, message, frozenset(_TESTS)), message, limit)


def oldest_first(requests: Iterable[Request], message: Any) -> list[Request]:
    """As sp1-cluster does it: the oldest first, of all requesters; of the filters only the deadline's is known."""
    limit = min(max(message.limit, 1), MAX_LIMIT) if message.HasField("limit") else _DEFAULT_LIMIT
    in_order = sorted(requests, key=lambda request: request.created_at)
    return _page(_kept(in_order, message, frozenset({"minimum_deadline"})), message, limit)


def _kept(requests: Iterable[Request], message: Any, known: frozenset[str]) -> list[Request]:
    wanted = {field.name: value for field, value in message.ListFields() if field.name in known}
    return [
        request
        for request in requests
        if all(_TESTS[name](request, value) for name, value in wanted.items())
    ]


def _page(found: list[Request], message: Any, limit: int) -> list[Request]:
    page = max(1, message.page)
    return found[(page - 1) * limit : page * limit]
