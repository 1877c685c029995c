"""Amounts for people. Inside the program every amount is an exact integer in the smallest unit."""

from decimal import Decimal


def tokens(amount: int, decimals: int = 18) -> str:
    """The amount in whole tokens, exact, without exponent or trailing zeros."""
    sign, digits = ("-", -amount) if amount < 0 else ("", amount)
    whole, part = divmod(digits, 10**decimals)
    fraction = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{sign}{whole}" + (f".{fraction}" if fraction else "")


def parse_tokens(text: str, decimals: int = 18) -> int:
    """The inverse of `tokens`; ValueError for anything that is not exact in smallest units."""
    amount = Decimal(text).scaleb(decimals)
    if not amount.is_finite() or amount != amount.to_integral_value():
        raise ValueError(f"{text!r} has more than {decimals} decimals")
    return int(amount)
