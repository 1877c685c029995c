"""Balances: accounts, transfers, fees' withdrawal and holds, with the pallet's rules on existence."""

from typing import Any

from zk_devnet.zkverify.context import (
    Context,
    DispatchFailed,
    Origin,
    PostInfo,
    token_error,
)
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.schema.runtime import EXISTENTIAL_DEPOSIT

Account = dict[str, Any]  # the AccountInfo value
MAX_HOLDS = 64


def account_of(ctx: Context, who: bytes) -> Account:
    """The AccountInfo value of an account."""
    account: Account = ctx.storage.get("System", "Account", who)
    return account


def can_pay(ctx: Context, who: bytes, amount: int) -> bool:
    """Whether `amount` planck can be withdrawn and the account still exists afterwards."""
    return amount == 0 or _spendable(account_of(ctx, who), keep_alive=True) >= amount


def withdraw(ctx: Context, who: bytes, amount: int) -> None:
    """Take planck out of circulation for a fee; the account is kept alive."""
    account = account_of(ctx, who)
    if _spendable(account, keep_alive=True) < amount:
        raise token_error("FundsUnavailable")
    account["data"]["free"] -= amount
    _save(ctx, who, account)
    ctx.emit("Balances", "Withdraw", who=who, amount=amount)


def deposit(ctx: Context, who: bytes, amount: int) -> bool:
    """Give planck to an account; False when that would not bring it into existence."""
    account = account_of(ctx, who)
    if (
        amount
        and account["providers"] == 0
        and account["data"]["free"] + amount < EXISTENTIAL_DEPOSIT
    ):
        return False
    account["data"]["free"] += amount
    _save(ctx, who, account)
    ctx.emit("Balances", "Deposit", who=who, amount=amount)
    return True


def change_issuance(ctx: Context, delta: int) -> None:
    """Add to, or with a negative delta take from, the total issuance."""
    issued = ctx.storage.get("Balances", "TotalIssuance")
    ctx.storage.put("Balances", "TotalIssuance", max(0, issued + delta))


def endow(ctx: Context, who: bytes, amount: int) -> None:
    """Set a genesis balance."""
    account = account_of(ctx, who)
    account["data"]["free"] = amount
    account["providers"] = 1
    ctx.storage.put("System", "Account", who, account)
    change_issuance(ctx, amount)


def transfer(ctx: Context, source: bytes, dest: bytes, amount: int, *, keep_alive: bool) -> None:
    """Move planck between accounts; DispatchFailed(Token) by the pallet's rules."""
    account = account_of(ctx, source)
    _check_withdrawal(account, amount, keep_alive=keep_alive)
    target = account_of(ctx, dest)
    if target["data"]["free"] + amount < EXISTENTIAL_DEPOSIT and target["providers"] == 0:
        raise token_error("BelowMinimum")
    if source != dest:
        account["data"]["free"] -= amount
        _save(ctx, source, account)
        target["data"]["free"] += amount
        _save(ctx, dest, target)
    ctx.emit("Balances", "Transfer", **{"from": source, "to": dest, "amount": amount})


def hold(ctx: Context, reason: Case, who: bytes, amount: int) -> None:
    """Move free planck under a hold; DispatchFailed(Token.FundsUnavailable) when there is not enough."""
    if amount == 0:
        return
    account = account_of(ctx, who)
    if _spendable(account, keep_alive=True, polite=False) < amount:
        raise token_error("FundsUnavailable")
    account["data"]["free"] -= amount
    account["data"]["reserved"] += amount
    _change_hold(ctx, reason, who, amount)
    _save(ctx, who, account)


def release(ctx: Context, reason: Case, who: bytes, amount: int) -> int:
    """Free what is held, at most `amount` planck; what was freed."""
    freed = min(amount, held(ctx, reason, who))
    account = account_of(ctx, who)
    account["data"]["free"] += freed
    account["data"]["reserved"] -= freed
    _change_hold(ctx, reason, who, -freed)
    _save(ctx, who, account)
    return freed


def transfer_held(ctx: Context, reason: Case, source: bytes, dest: bytes, amount: int) -> int:
    """Give held planck to another account as free balance; DispatchFailed when it cannot receive them."""
    moved = min(amount, held(ctx, reason, source))
    target = account_of(ctx, dest)
    if moved and target["providers"] == 0 and target["data"]["free"] + moved < EXISTENTIAL_DEPOSIT:
        raise token_error("CannotCreate")
    account = account_of(ctx, source)
    account["data"]["reserved"] -= moved
    _change_hold(ctx, reason, source, -moved)
    _save(ctx, source, account)
    target = account_of(ctx, dest)
    target["data"]["free"] += moved
    _save(ctx, dest, target)
    return moved


def held(ctx: Context, reason: Case, who: bytes) -> int:
    """Planck held for a reason."""
    holds = ctx.storage.get("Balances", "Holds", who)
    return sum(entry["amount"] for entry in holds if entry["id"] == reason)


def call_transfer(
    ctx: Context, origin: Origin, args: dict[str, Any], *, keep_alive: bool
) -> PostInfo:
    """transfer_keep_alive and transfer_allow_death."""
    transfer(ctx, origin.signed(), lookup(args["dest"]), args["value"], keep_alive=keep_alive)
    return PostInfo()


def call_transfer_all(ctx: Context, origin: Origin, args: dict[str, Any]) -> PostInfo:
    """transfer_all."""
    who = origin.signed()
    amount = _spendable(account_of(ctx, who), keep_alive=args["keep_alive"])
    transfer(ctx, who, lookup(args["dest"]), amount, keep_alive=args["keep_alive"])
    return PostInfo()


def lookup(address: Case) -> bytes:
    """The account of a MultiAddress; DispatchFailed(CannotLookup) for kinds that the runtime does not resolve."""
    if address.name != "Id":
        raise DispatchFailed(Case("CannotLookup"))
    account: bytes = address.value
    return account


def _spendable(account: Account, *, keep_alive: bool, polite: bool = True) -> int:
    data = account["data"]
    untouchable = max(0, data["frozen"] - data["reserved"]) if polite else 0
    needed = account["providers"] == 1 and account["consumers"] > 0
    if keep_alive or (data["free"] and needed):
        untouchable = max(untouchable, EXISTENTIAL_DEPOSIT)
    return max(0, int(data["free"]) - untouchable)


def _check_withdrawal(account: Account, amount: int, *, keep_alive: bool) -> None:
    free = account["data"]["free"]
    if free < amount:
        raise token_error("FundsUnavailable")
    if _spendable(account, keep_alive=False) < amount:
        raise token_error("Frozen")
    if keep_alive and free - amount < EXISTENTIAL_DEPOSIT:
        raise token_error("NotExpendable")


def _change_hold(ctx: Context, reason: Case, who: bytes, delta: int) -> None:
    holds = ctx.storage.get("Balances", "Holds", who)
    others = [entry for entry in holds if entry["id"] != reason]
    amount = sum(entry["amount"] for entry in holds if entry["id"] == reason) + delta
    kept = [*others, {"id": reason, "amount": amount}] if amount else others
    if kept:
        ctx.storage.put("Balances", "Holds", who, kept)
    else:
        ctx.storage.remove("Balances", "Holds", who)


def _save(ctx: Context, who: bytes, account: Account) -> None:
    """Write an account back: brings it into existence, or ends it when nothing keeps it."""
    data = account["data"]
    account["consumers"] = 1 if data["reserved"] or data["frozen"] else 0
    exists = account["providers"] > 0
    if not exists and data["free"] >= EXISTENTIAL_DEPOSIT:
        account["providers"] = 1
        ctx.storage.put("System", "Account", who, account)
        ctx.emit("System", "NewAccount", account=who)
        ctx.emit("Balances", "Endowed", account=who, free_balance=data["free"])
        return
    if exists and data["free"] < EXISTENTIAL_DEPOSIT and account["consumers"] == 0:
        _reap(ctx, who, data["free"])
        return
    ctx.storage.put("System", "Account", who, account)


def _reap(ctx: Context, who: bytes, dust: int) -> None:
    ctx.storage.remove("System", "Account", who)
    ctx.emit("System", "KilledAccount", account=who)
    if dust:
        change_issuance(ctx, -dust)
        ctx.emit("Balances", "DustLost", account=who, amount=dust)
