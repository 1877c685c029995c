"""The declaration of Utility, whose calls hold calls of the whole runtime."""

from zk_devnet.zkverify.scale import U16, U32, Enum, Field, Param, Sequence, Type, Variant
from zk_devnet.zkverify.schema import failures
from zk_devnet.zkverify.schema.pallet import Constant, Pallet, named
from zk_devnet.zkverify.schema.primitives import (
    ACCOUNT_ID,
    DISPATCH_ERROR,
    DISPATCH_RESULT,
    WEIGHT,
)

BATCH_LIMIT = 10922
_CALLS_NAME = "Vec<<T as Config>::RuntimeCall>"
_BOXED_NAME = "Box<<T as Config>::RuntimeCall>"
RAW_ORIGIN = Enum(
    "frame_support::dispatch::RawOrigin",
    (
        Variant("Root", 0),
        Variant("Signed", 1, (Field(ACCOUNT_ID, None, "AccountId"),)),
        Variant("None", 2),
    ),
    (Param("AccountId", ACCOUNT_ID),),
)
ORIGIN_CALLER = Enum(
    "zkv_runtime::OriginCaller",
    (Variant("system", 0, (Field(RAW_ORIGIN, None, "frame_system::Origin<Runtime>"),)),),
)
EVENTS = Enum(
    "pallet_utility::pallet::Event",
    (
        named(
            "BatchInterrupted", 0, ("index", U32, "u32"), ("error", DISPATCH_ERROR, "DispatchError")
        ),
        Variant("BatchCompleted", 1),
        Variant("BatchCompletedWithErrors", 2),
        Variant("ItemCompleted", 3),
        named("ItemFailed", 4, ("error", DISPATCH_ERROR, "DispatchError")),
        named("DispatchedAs", 5, ("result", DISPATCH_RESULT, "DispatchResult")),
    ),
)


def utility_pallet(call: Type) -> Pallet:
    """Utility, index 30; `call` is the runtime's call enum."""
    calls = ("calls", Sequence(call), _CALLS_NAME)
    one = ("call", call, _BOXED_NAME)
    return Pallet(
        name="Utility",
        index=30,
        calls=Enum(
            "pallet_utility::pallet::Call",
            (
                named("batch", 0, calls),
                named("as_derivative", 1, ("index", U16, "u16"), one),
                named("batch_all", 2, calls),
                named("dispatch_as", 3, ("as_origin", ORIGIN_CALLER, "Box<T::PalletsOrigin>"), one),
                named("force_batch", 4, calls),
                named("with_weight", 5, one, ("weight", WEIGHT, "Weight")),
            ),
            (Param("T"),),
        ),
        events=EVENTS,
        errors=failures.UTILITY,
        constants=(Constant(name="batched_calls_limit", ty=U32, value=BATCH_LIMIT),),
    )
