"""A tool's own words: amounts in VFY, accounts as the chain writes them, for a person."""

from collections.abc import Mapping

from zk_acts.cli.output import print_result
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.failures import BalanceTooLow
from zkverify_client.cli.options import show_vfy

_AMOUNTS = frozenset(
    {"paid", "needed", "spendable", "balance", "quoted", "reserve", "tip", "max_tip"}
)
_TO_FUND = "the account cannot pay for this; fund it, then give the same command again"


def in_words(error: OperatorError, prefix: int | None) -> OperatorError:
    """The error in a tool's words, its amounts in VFY, its account with the chain's prefix, where that is known."""
    if isinstance(error, BalanceTooLow):
        error.message = _TO_FUND  # nothing resumes by itself, as it does in a daemon
    error.context = {key: _word(key, value, prefix) for key, value in error.context.items()}
    return error


def _word(key: str, value: object, prefix: int | None) -> object:
    if key in _AMOUNTS and str(value).isdecimal():
        return show_vfy(int(str(value)))
    if key == "account" and isinstance(value, str) and prefix is not None:
        return _with_prefix(value, prefix)
    return value


def _with_prefix(address: str, prefix: int) -> str:
    from zkverify_client.signing.ss58 import account_of_address, address_of

    try:
        return address_of(account_of_address(address), prefix)
    except ValueError:
        return address  # not an account of this chain


def show(title: str, shown: Mapping[str, object], *, as_json: bool) -> None:
    """A result; a person sees amounts once, in VFY."""
    twins = {f"{name}_vfy" for name in shown} & set(shown)
    hidden = set() if as_json else {name.removesuffix("_vfy") for name in twins}
    print_result(
        title,
        {name: value for name, value in shown.items() if name not in hidden},
        as_json=as_json,
    )
