"""Builds blocks: genesis from the configuration, then one on top of another from the pool's transactions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from zk_devnet.zkverify.block import (
    Block,
    Header,
    extrinsics_root,
    genesis_digest_root,
    next_state_root,
    pre_digest,
)
from zk_devnet.zkverify.config import GenesisDomain, ZkVerifyNodeConfig
from zk_devnet.zkverify.context import Context, DispatchFailed, InvalidTransaction, Origin
from zk_devnet.zkverify.errors import DevNodeConfigInvalid
from zk_devnet.zkverify.executive import BlockExecution, Executive
from zk_devnet.zkverify.extrinsic import unsigned_extrinsic
from zk_devnet.zkverify.metadata import metadata_v14
from zk_devnet.zkverify.multiplier import put_prices
from zk_devnet.zkverify.pallets import balances
from zk_devnet.zkverify.pallets.domains import register_domain
from zk_devnet.zkverify.pool import Entry
from zk_devnet.zkverify.runtime_code import put_version
from zk_devnet.zkverify.scale import Case, ScaleError
from zk_devnet.zkverify.schema.runtime import EXISTENTIAL_DEPOSIT
from zk_devnet.zkverify.state import Overlay

MAX_SKIPPED = 8  # transactions that do not fit before the author stops trying
SLOT_MS = 6000
UPGRADED = True  # a new chain starts with the current account layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the next block gets besides transactions."""

    now_ms: int
    upgrade_to: int | None = None
    edits: tuple[Callable[[Context], None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A built block, and the transactions that turned out to be invalid on the way."""

    block: Block
    invalid: tuple[bytes, ...] = ()


def genesis_block(config: ZkVerifyNodeConfig) -> Block:
    """The block that everything starts from."""
    ctx = Context(storage=Overlay({}), author=config.author)
    for account, amount in {config.author: EXISTENTIAL_DEPOSIT, **config.accounts}.items():
        balances.endow(ctx, account, amount)
    put_version(ctx, config.spec_version)
    put_prices(ctx, weight_percent=config.weight_percent, deposit_percent=config.deposit_percent)
    for name in ("UpgradedToU32RefCount", "UpgradedToTripleRefCount"):
        ctx.storage.put("System", name, UPGRADED)
    for domain in config.domains:
        _open_domain(ctx, domain)
    runtime = metadata_v14(config.spec_version, config.deposit_percent)
    salted = genesis_digest_root(config.genesis_salt, config.chain_name, runtime)
    root = next_state_root(salted, ctx.storage.changes())
    header = Header(
        parent_hash=bytes(32), number=0, state_root=root, extrinsics_root=extrinsics_root([])
    )
    ctx.storage.put("System", "BlockHash", 0, header.hash)
    return Block(header=header, hash=header.hash, extrinsics=(), state=ctx.storage.commit())


def _open_domain(ctx: Context, domain: GenesisDomain) -> None:
    destination = {
        "destination": Case("None"),
        "fee": domain.delivery_fee,
        "owner_tip": domain.owner_tip,
    }
    arguments = {
        "aggregation_size": domain.aggregation_size,
        "queue_size": domain.queue_size,
        "aggregate_rules": Case(domain.aggregate_rules),
        "proof_rules": Case(domain.proof_rules),
        "delivery": destination,
        "delivery_owner": None,
    }
    try:
        register_domain(ctx, Origin(domain.owner), arguments)
    except (DispatchFailed, ScaleError) as failure:
        raise DevNodeConfigInvalid(
            key="domains", domain=str(domain), error=str(failure)
        ) from failure


def build(
    executive: Executive,
    parent: Block,
    plan: Plan,
    transactions: Iterable[Entry],
    out_of_time: Callable[[], bool],
) -> Built:
    """A block on `parent` with as many of the transactions as fit before the author runs out of time."""
    slot = plan.now_ms // SLOT_MS
    digest = [pre_digest(slot)]
    if plan.upgrade_to is not None:
        digest.append(Case("RuntimeEnvironmentUpdated"))
    execution = executive.begin(
        parent.state, number=parent.number + 1, parent_hash=parent.hash, digest=digest
    )
    for edit in plan.edits:
        edit(execution.ctx)
    stamp = unsigned_extrinsic(Case("Timestamp", Case("set", {"now": plan.now_ms})))
    execution.apply_timestamp(stamp, plan.now_ms)
    invalid = _fill(execution, transactions, out_of_time)
    if plan.upgrade_to is not None:
        put_version(execution.ctx, plan.upgrade_to)
        execution.ctx.emit("System", "CodeUpdated")
    return Built(block=_seal(execution, parent, digest), invalid=tuple(invalid))


def _fill(
    execution: BlockExecution, transactions: Iterable[Entry], out_of_time: Callable[[], bool]
) -> list[bytes]:
    invalid: list[bytes] = []
    skipped = 0
    for entry in transactions:
        if out_of_time() or skipped > MAX_SKIPPED:
            break
        try:
            execution.apply(entry.extrinsic)
        except InvalidTransaction as refusal:
            if refusal.case.name == "ExhaustsResources":
                skipped += 1
            elif (
                refusal.case.name != "Future"
            ):  # its predecessor was skipped: it stays for the next block
                invalid.append(entry.hash)
    return invalid


def _seal(execution: BlockExecution, parent: Block, digest: list[Case]) -> Block:
    state = execution.finish()
    header = Header(
        parent_hash=parent.hash,
        number=execution.number,
        state_root=next_state_root(parent.header.state_root, execution.ctx.storage.changes()),
        extrinsics_root=extrinsics_root(execution.extrinsics),
        digest=tuple(digest),
    )
    return Block(
        header=header, hash=header.hash, extrinsics=tuple(execution.extrinsics), state=state
    )
