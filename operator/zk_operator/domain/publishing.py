"""Publishing in an aggregation domain on zkVerify, as this operator does it."""

from enum import StrEnum


class PublishWhen(StrEnum):
    """Which of our aggregations are published by us."""

    NEVER = "never"
    COMPLETE = "complete"  # full ones
    AGE = "age"  # full ones, and others when they have been open for so long
