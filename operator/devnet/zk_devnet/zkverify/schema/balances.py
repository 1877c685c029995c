"""The declaration of Balances."""

from zk_devnet.zkverify.scale import (
    BOOL,
    U8,
    U32,
    U128,
    Array,
    Compact,
    Enum,
    Field,
    Param,
    Sequence,
    Struct,
    Type,
    Variant,
)
from zk_devnet.zkverify.schema import failures
from zk_devnet.zkverify.schema.pallet import Constant, Pallet, StorageItem, named, units
from zk_devnet.zkverify.schema.primitives import ACCOUNT_ID, MULTI_ADDRESS, bounded_vec

TI = (Param("T"), Param("I"))
WHO = ("who", ACCOUNT_ID, "T::AccountId")
AMOUNT = ("amount", U128, "T::Balance")
EXTRA_FLAGS = Struct("pallet_balances::types::ExtraFlags", (Field(U128, None, "u128"),))
ACCOUNT_DATA = Struct(
    "pallet_balances::types::AccountData",
    (
        Field(U128, "free", "Balance"),
        Field(U128, "reserved", "Balance"),
        Field(U128, "frozen", "Balance"),
        Field(EXTRA_FLAGS, "flags", "ExtraFlags"),
    ),
    (Param("Balance", U128),),
)
BALANCE_LOCK = Struct(
    "pallet_balances::types::BalanceLock",
    (
        Field(Array(U8, 8), "id", "LockIdentifier"),
        Field(U128, "amount", "Balance"),
        Field(units("pallet_balances::types::Reasons", "Fee", "Misc", "All"), "reasons", "Reasons"),
    ),
    (Param("Balance", U128),),
)
RESERVE_DATA = Struct(
    "pallet_balances::types::ReserveData",
    (Field(Array(U8, 8), "id", "ReserveIdentifier"), Field(U128, "amount", "Balance")),
    (Param("ReserveIdentifier", Array(U8, 8)), Param("Balance", U128)),
)
FREEZE_REASON = Enum("zkv_runtime::RuntimeFreezeReason")
STATUS = units("frame_support::traits::tokens::misc::BalanceStatus", "Free", "Reserved")
DIRECTION = units("pallet_balances::types::AdjustmentDirection", "Increase", "Decrease")


def id_amount(identifier: Type) -> Struct:
    """IdAmount<identifier, Balance>: one hold or freeze."""
    return Struct(
        "frame_support::traits::tokens::misc::IdAmount",
        (Field(identifier, "id", "Id"), Field(U128, "amount", "Balance")),
        (Param("Id", identifier), Param("Balance", U128)),
    )


def weak_bounded_vec(inner: Type) -> Struct:
    """WeakBoundedVec<inner, S>."""
    return Struct(
        "bounded_collections::weak_bounded_vec::WeakBoundedVec",
        (Field(Sequence(inner), None, "Vec<T>"),),
        (Param("T", inner), Param("S")),
    )


def _amounts(name: str, index: int) -> Variant:
    return named(name, index, WHO, AMOUNT)


def _transfer(name: str, index: int) -> Variant:
    return named(
        name,
        index,
        ("dest", MULTI_ADDRESS, "AccountIdLookupOf<T>"),
        ("value", Compact(U128), "T::Balance"),
    )


EVENTS = Enum(
    "pallet_balances::pallet::Event",
    (
        named("Endowed", 0, ("account", *WHO[1:]), ("free_balance", *AMOUNT[1:])),
        named("DustLost", 1, ("account", *WHO[1:]), AMOUNT),
        named("Transfer", 2, ("from", *WHO[1:]), ("to", *WHO[1:]), AMOUNT),
        named("BalanceSet", 3, WHO, ("free", *AMOUNT[1:])),
        _amounts("Reserved", 4),
        _amounts("Unreserved", 5),
        named(
            "ReserveRepatriated",
            6,
            ("from", *WHO[1:]),
            ("to", *WHO[1:]),
            AMOUNT,
            ("destination_status", STATUS, "Status"),
        ),
        *(
            _amounts(name, index)
            for index, name in enumerate(
                ("Deposit", "Withdraw", "Slashed", "Minted", "Burned", "Suspended", "Restored"),
                start=7,
            )
        ),
        named("Upgraded", 14, WHO),
        named("Issued", 15, AMOUNT),
        named("Rescinded", 16, AMOUNT),
        *(
            _amounts(name, index)
            for index, name in enumerate(("Locked", "Unlocked", "Frozen", "Thawed"), start=17)
        ),
        named("TotalIssuanceForced", 21, ("old", *AMOUNT[1:]), ("new", *AMOUNT[1:])),
    ),
    TI,
)
CALLS = Enum(
    "pallet_balances::pallet::Call",
    (
        _transfer("transfer_allow_death", 0),
        named(
            "force_transfer",
            2,
            ("source", MULTI_ADDRESS, "AccountIdLookupOf<T>"),
            ("dest", MULTI_ADDRESS, "AccountIdLookupOf<T>"),
            ("value", Compact(U128), "T::Balance"),
        ),
        _transfer("transfer_keep_alive", 3),
        named(
            "transfer_all",
            4,
            ("dest", MULTI_ADDRESS, "AccountIdLookupOf<T>"),
            ("keep_alive", BOOL, "bool"),
        ),
        named("force_unreserve", 5, ("who", MULTI_ADDRESS, "AccountIdLookupOf<T>"), AMOUNT),
        named("upgrade_accounts", 6, ("who", Sequence(ACCOUNT_ID), "Vec<T::AccountId>")),
        named(
            "force_set_balance",
            8,
            ("who", MULTI_ADDRESS, "AccountIdLookupOf<T>"),
            ("new_free", Compact(U128), "T::Balance"),
        ),
        named(
            "force_adjust_total_issuance",
            9,
            ("direction", DIRECTION, "AdjustmentDirection"),
            ("delta", Compact(U128), "T::Balance"),
        ),
        named("burn", 10, ("value", Compact(U128), "T::Balance"), ("keep_alive", BOOL, "bool")),
    ),
    TI,
)


def _map(name: str, value: Type, default: bytes) -> StorageItem:
    return StorageItem(
        pallet="Balances",
        name=name,
        value=value,
        hashers=("Blake2_128Concat",),
        keys=(ACCOUNT_ID,),
        default=default,
    )


def balances_pallet(hold_reason: Type, existential_deposit: int) -> Pallet:
    """Balances, index 4; `hold_reason` is the runtime's RuntimeHoldReason."""
    return Pallet(
        name="Balances",
        index=4,
        storage=(
            StorageItem(pallet="Balances", name="TotalIssuance", value=U128, default=bytes(16)),
            StorageItem(pallet="Balances", name="InactiveIssuance", value=U128, default=bytes(16)),
            _map("Account", ACCOUNT_DATA, bytes(63) + b"\x80"),
            _map("Locks", weak_bounded_vec(BALANCE_LOCK), b"\x00"),
            _map("Reserves", bounded_vec(RESERVE_DATA), b"\x00"),
            _map("Holds", bounded_vec(id_amount(hold_reason)), b"\x00"),
            _map("Freezes", bounded_vec(id_amount(FREEZE_REASON)), b"\x00"),
        ),
        calls=CALLS,
        events=EVENTS,
        errors=failures.BALANCES,
        constants=(
            Constant(name="ExistentialDeposit", ty=U128, value=existential_deposit),
            Constant(name="MaxLocks", ty=U32, value=50),
            Constant(name="MaxReserves", ty=U32, value=50),
            Constant(name="MaxFreezes", ty=U32, value=8),
        ),
    )
