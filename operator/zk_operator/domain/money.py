"""Amounts for people. Inside the program every amount is an exact integer in the smallest unit."""


def tokens(amount: int, decimals: int = 18) -> str:
    """The amount in whole tokens, exact, without exponent or trailing zeros."""
    sign, digits = ("-", -amount) if amount < 0 else ("", amount)
    whole, part = divmod(digits, 10**decimals)
    fraction = f"{part:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{sign}{whole}" + (f".{fraction}" if fraction else "")
