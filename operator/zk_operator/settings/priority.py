"""Settings of the priorities: a list of rules, of which the first that an order meets counts."""

import tomllib
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from zk_operator.settings.base import Section
from zk_operator.settings.field import AddressField, Hash32Field, Seconds, TokenAmount, split_texts

Amount = Annotated[int, Field(gt=0, lt=1 << 128)]


class PriorityRuleSettings(Section):
    """One rule. A condition that is absent is met by every order; a rule has at least one."""

    priority: Literal["critical", "high", "normal", "low"] = Field(
        description="What the order gets"
    )
    pool: Hash32Field | None = Field(None, description="Orders of this pool")
    owners: Annotated[tuple[AddressField, ...], BeforeValidator(split_texts)] = Field(
        (), description="Orders of one of these owners"
    )
    min_size: Mapping[AddressField, Amount] = Field(
        {},
        description="Orders that sell at least so much of one of these currencies, in its smallest units",
    )
    max_lifetime_s: Seconds | None = Field(
        None, description="Orders that were placed at most so long before their deadline"
    )
    min_fee: TokenAmount = Field(
        0, description="Orders whose fee is worth at least so much of the native token"
    )

    @model_validator(mode="after")
    def _says_which(self) -> "PriorityRuleSettings":
        conditions = (self.pool, self.owners, self.min_size, self.max_lifetime_s, self.min_fee)
        if not any(conditions):
            raise ValueError("a rule without a condition would be every order's")
        return self


def parse_rules(value: object) -> object:
    """A list of tables; environment and flags give it as TOML in one line."""
    if isinstance(value, str):
        try:
            value = tomllib.loads(f"rules = {value}")["rules"]
        except (ValueError, RecursionError) as error:
            raise ValueError(f"expected a list of tables in TOML ({error})") from error
    return tuple(value) if isinstance(value, list) else value


PriorityRules = Annotated[tuple[PriorityRuleSettings, ...], BeforeValidator(parse_rules)]
