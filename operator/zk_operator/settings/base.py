"""What every section has in common: frozen, no unknown keys."""

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

_BEYOND = 1 << 256


class Section(BaseModel):
    """A table of the configuration file. Frozen; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_boolean_numbers(cls, value: object, info: ValidationInfo) -> object:
        """`true` is no number: a lenient parser would read it as 1."""
        wanted = cls.model_fields[str(info.field_name)].annotation
        if isinstance(value, bool) and wanted is not bool:
            raise ValueError("true and false are no value for this key")
        return value

    @field_validator("*", mode="after")
    @classmethod
    def _no_endless_numbers(cls, value: object) -> object:
        """An integer of thousands of digits fits nothing, and cannot even be shown."""
        if isinstance(value, int) and abs(value) >= _BEYOND:
            raise ValueError("a number that is too large")
        return value
