"""Amounts for people. Inside the program every amount is an exact integer in the smallest unit."""

from decimal import Context, Decimal, InvalidOperation
from typing import Final

_MOST_DECIMALS: Final = 18
_MOST_TOKENS: Final = 10**30
_EXACT: Final = Context(prec=120)


def tokens(amount: int, decimals: int = 18) -> str:
    """The amount in whole tokens, exact, without exponent or trailing zeros."""
    sign, digits = ("-", -amount) if amount < 0 else ("", amount)
    whole, part = divmod(digits, 10**decimals)
    fraction = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{sign}{whole}" + (f".{fraction}" if fraction else "")


def parse_tokens(value: object) -> int:
    """Whole tokens, written "1.5", in units of 1e-18. Floats are refused: they are not exact."""
    try:
        amount = Decimal(str(value).strip() if isinstance(value, (str, int)) else "")
    except InvalidOperation as error:
        raise ValueError('expected whole tokens as a decimal string, such as "1.5"') from error
    if not amount.is_finite() or not 0 <= amount <= _MOST_TOKENS:
        raise ValueError("expected an amount between 0 and 10^30")
    if -int(amount.as_tuple().exponent) > _MOST_DECIMALS:
        raise ValueError(f"has more than {_MOST_DECIMALS} decimals")
    return int(amount.scaleb(_MOST_DECIMALS, context=_EXACT))
