"""Amounts as decimal text: SQLite's integers end at 64 bits."""


def optional_amount(text: str | None) -> int | None:
    """An amount that may not be known yet."""
    return None if text is None else int(text)


def amount_text(amount: int | None) -> str | None:
    """The amount as a row has it."""
    return None if amount is None else str(amount)
