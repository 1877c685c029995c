"""Rules of an aggregation domain on zkVerify, by their names in the runtime."""

from enum import StrEnum


class AggregateRules(StrEnum):
    """Who may publish a domain's aggregations besides its owner."""

    UNTRUSTED = "Untrusted"  # anyone, also incomplete ones
    ONLY_OWNER = "OnlyOwner"
    ONLY_OWNER_UNCOMPLETED = "OnlyOwnerUncompleted"  # anyone when complete


class ProofRules(StrEnum):
    """Who may submit proofs to a domain (runtime 1.3 and later)."""

    UNTRUSTED = "Untrusted"
    ONLY_OWNER = "OnlyOwner"
    ONLY_ALLOWLISTED = "OnlyAllowlisted"
