"""The pallets' error enums, with the texts that the real metadata carries and that clients show to their users."""

from zk_devnet.zkverify.scale import Enum, Param, Variant

_T, _TI = (Param("T"),), (Param("T"), Param("I"))


def _failures(path: str, params: tuple[Param, ...], texts: dict[str, str]) -> Enum:
    variants = (
        Variant(name, index, docs=tuple(text.split("\n")))
        for index, (name, text) in enumerate(texts.items())
    )
    return Enum(path, tuple(variants), params)


SYSTEM = _failures(
    "frame_system::pallet::Error",
    _T,
    {
        "InvalidSpecName": "The name of specification does not match between the current runtime\n"
        "and the new runtime.",
        "SpecVersionNeedsToIncrease": "The specification version is not allowed to decrease between the current runtime\n"
        "and the new runtime.",
        "FailedToExtractRuntimeVersion": "Failed to extract the runtime version from the new runtime.\n\n"
        "Either calling `Core_version` or decoding `RuntimeVersion` failed.",
        "NonDefaultComposite": "Suicide called when the account has non-default composite data.",
        "NonZeroRefCount": "There is a non-zero reference count preventing the account from being purged.",
        "CallFiltered": "The origin filter prevent the call to be dispatched.",
        "MultiBlockMigrationsOngoing": "A multi-block migration is ongoing and prevents the current code from being replaced.",
        "NothingAuthorized": "No upgrade authorized.",
        "Unauthorized": "The submitted code is not authorized.",
    },
)
BALANCES = _failures(
    "pallet_balances::pallet::Error",
    _TI,
    {
        "VestingBalance": "Vesting balance too high to send value.",
        "LiquidityRestrictions": "Account liquidity restrictions prevent withdrawal.",
        "InsufficientBalance": "Balance too low to send value.",
        "ExistentialDeposit": "Value too low to create account due to existential deposit.",
        "Expendability": "Transfer/payment would kill account.",
        "ExistingVestingSchedule": "A vesting schedule already exists for this account.",
        "DeadAccount": "Beneficiary account must pre-exist.",
        "TooManyReserves": "Number of named reserves exceed `MaxReserves`.",
        "TooManyHolds": "Number of holds exceed `VariantCountOf<T::RuntimeHoldReason>`.",
        "TooManyFreezes": "Number of freezes exceed `MaxFreezes`.",
        "IssuanceDeactivated": "The issuance cannot be modified since it is already deactivated.",
        "DeltaZero": "The delta cannot be zero.",
    },
)
UTILITY = _failures(
    "pallet_utility::pallet::Error", _T, {"TooManyCalls": "Too many calls batched."}
)
AGGREGATE = _failures(
    "pallet_aggregate::pallet::Error",
    _T,
    {
        "UnknownDomainId": "This domain id is unknown.",
        "InvalidAggregationId": "This aggregation cannot be published or it's already published.",
        "InvalidDomainParams": "The domain params are invalid.",
        "InvalidDomainState": "Try to remove or hold a domain in a invalid state.",
        "MissedDeliveryOwnership": "Try to register a domain without any defined ownership "
        "(maybe a manager that didn't provide the delivery owner).",
        "NextAggregationIdUnavailable": "Cannot create a new, unique, aggregation id anymore",
    },
)
VERIFIERS = _failures(
    "pallet_verifiers::pallet::Error",
    _TI,
    {
        "InvalidInput": "Provided data has not valid public inputs.",
        "InvalidProofData": "Provided data has not valid proof.",
        "VerifyError": "Verify proof failed.",
        "InvalidVerificationKey": "Provided an invalid verification key.",
        "VerificationKeyNotFound": "Provided an unregistered verification key hash.",
        "DisabledVerifier": "Current Verifier Pallet is disabled.",
        "VerificationKeyAlreadyRegistered": "Verification key has already been registered.",
        "UnsupportedVersion": "The submitted proof is in an unsupported version.",
    },
)
