"""The network's enumerations, by their wire numbers."""

from enum import IntEnum, StrEnum


class NetworkMode(StrEnum):
    """Which network is served; they differ in messages, RPCs, strategies and manners."""

    MAINNET = "mainnet"  # the auction network
    RESERVED = "reserved"  # reserved capacity: no auction, no prices
    GATEWAY = "gateway"  # sp1-cluster's gateway: the reserved network's messages


class ProofMode(IntEnum):
    """What kind of proof is asked for."""

    UNSPECIFIED = 0
    CORE = 1
    COMPRESSED = 2
    PLONK = 3
    GROTH16 = 4


class Strategy(IntEnum):
    """How a prover is found."""

    UNSPECIFIED = 0
    HOSTED = 1
    RESERVED = 2
    AUCTION = 3


class Fulfillment(IntEnum):
    """Where a request stands."""

    REQUESTED = 1
    ASSIGNED = 2
    FULFILLED = 3
    UNFULFILLABLE = 4
    REVERTED = 5
    EXPIRED = 6


class Execution(IntEnum):
    """Where the execution of a request's program stands."""

    UNEXECUTED = 1
    EXECUTED = 2
    UNEXECUTABLE = 3
    VALIDATION_FAILED = 4  # auction network only


class Settlement(IntEnum):
    """Whether the network has settled a request."""

    UNSETTLED = 1
    SETTLED = 2


class FailureCause(IntEnum):
    """Why a program did not execute."""

    UNSPECIFIED = 0
    HALT_WITH_NON_ZERO_EXIT_CODE = 1
    EXCEEDED_CYCLE_LIMIT = 5
    UNIMPLEMENTED = 7
    EXCEEDED_GAS_LIMIT = 9  # base tree: after SDK 6.4


class RequestError(IntEnum):
    """Why a request failed."""

    UNSPECIFIED = 0
    EXECUTION_FAILURE = 1
    VERIFICATION_KEY_MISMATCH = 2
    UNKNOWN_FAILURE = 3
    PUBLIC_VALUES_MISMATCH = 4  # base tree: after SDK 6.4


TERMINAL = frozenset(
    {
        Fulfillment.FULFILLED,
        Fulfillment.UNFULFILLABLE,
        Fulfillment.REVERTED,
        Fulfillment.EXPIRED,
    }
)
