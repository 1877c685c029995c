"""Runs one case to its end, and has it judged."""

import asyncio
import logging
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import structlog
from anyio.abc import TaskGroup

from zk_acts.domain.acts import ActKind
from zk_devnet.prover_network.request import Request
from zk_devnet.simulator import config, storage
from zk_devnet.simulator.alarms import Alarms
from zk_devnet.simulator.ambient import repeatable
from zk_devnet.simulator.awaits import Cut
from zk_devnet.simulator.books import PostBook, ProofBook
from zk_devnet.simulator.case import Case
from zk_devnet.simulator.evm.deployment import EPOCH_S
from zk_devnet.simulator.evm.state import OPEN
from zk_devnet.simulator.loop import run_virtual
from zk_devnet.simulator.oracle import Oracle, ledger_problems
from zk_devnet.simulator.people import People
from zk_devnet.simulator.trace import Trace
from zk_devnet.simulator.weather import Kind
from zk_devnet.simulator.world import World
from zk_devnet.simulator.zkverify.network import run_node
from zk_operator.services.market import IN_FLIGHT

DRAIN_LIMIT_S = (
    300.0  # after the faults, or after the last deadline, everything has to be over by then
)
LOOK_S = 6.0


@dataclass(slots=True, kw_only=True)
class Result:
    """What came of a case."""

    case: Case
    problems: tuple[str, ...]
    digest: str
    virtual_s: float
    trace: list[str] = field(default_factory=list)
    cuts: set[Cut] = field(default_factory=set)
    waits: set[Cut] = field(default_factory=set)
    struck: dict[Kind, int] = field(default_factory=dict)


def run_case(case: Case, *, keep_trace: bool = False, looks: bool = False) -> Result:
    """The same result for the same case, whatever else the process does. `looks`: note where services wait."""
    before = structlog.get_config()
    try:
        with repeatable():
            return run_virtual(lambda: _run(case, keep_trace=keep_trace, looks=looks))
    finally:
        structlog.configure(**before)


async def _run(case: Case, *, keep_trace: bool, looks: bool) -> Result:
    trace = Trace(asyncio.get_running_loop().time, keep=keep_trace)
    _listen(trace, logging.INFO if keep_trace else logging.CRITICAL)
    async with anyio.create_task_group() as tasks:
        world = World.build(case, trace, tasks)
        world.looks = looks
        oracle = _prepared(world)
        _start(world, oracle, tasks)
        left = await _until_over(world, oracle.people)
        problems = oracle.judge(left)
        if not left:
            problems += await ledger_problems(world, oracle)
        world.end()
        await anyio.sleep(1.0)
        tasks.cancel_scope.cancel()
    for problem in problems:
        trace.say("oracle", problem)
    return Result(
        case=case,
        problems=tuple(problems),
        digest=trace.digest(),
        virtual_s=asyncio.get_running_loop().time(),
        trace=trace.lines,
        cuts=world.cuts,
        waits=world.waits,
        struck=world.weather.struck,
    )


def _listen(trace: Trace, level: int) -> None:
    """The operator's log lines go into the trace."""

    def take(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> str:
        event = fields.pop("event")
        trace.tell(" ".join([str(event), *(f"{name}={fields[name]}" for name in sorted(fields))]))
        raise structlog.DropEvent

    structlog.configure(
        processors=[take],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )


def _prepared(world: World) -> Oracle:
    network = world.prover.network
    proofs = ProofBook(
        network=network, chain=world.chain, safe=world.depths.safe, now_s=world.now_s
    )
    work = network.on_accepted

    def accepted(request: Request) -> None:
        proofs.accepted(request)
        work(request)

    network.on_accepted = accepted
    posts = PostBook(chain=world.chain, account=config.keys().evm.address)
    world.chain.on_sent = posts.sent
    return Oracle(
        world=world,
        people=People(world),
        proofs=proofs,
        posts=posts,
        verifications=world.verifications,
        alarms=Alarms(world),
    )


def _start(world: World, oracle: Oracle, tasks: TaskGroup) -> None:
    oracle.people.start(tasks)
    tasks.start_soon(run_node, world.zkverify, name="zkverify")
    tasks.start_soon(world.aggregator.run, name="aggregator")
    tasks.start_soon(world.operate, name="operator")
    tasks.start_soon(world.administer, name="administrator")
    tasks.start_soon(oracle.alarms.run, name="alarms")


async def _until_over(world: World, people: People) -> list[str]:
    """Until all is done; what is left when the time for that is over."""
    while True:
        await anyio.sleep(LOOK_S)
        now = world.now_s()
        if now < world.plan.calm_at_s + LOOK_S:
            continue
        left = await _left(world)
        if not left:
            return []
        deadlines = [order.deadline - EPOCH_S for _, order in people.placed.values()]
        if now > max(world.plan.calm_at_s, *deadlines, 0) + DRAIN_LIMIT_S:
            return left


async def _left(world: World) -> list[str]:
    chain, life = world.chain, world.life
    if life is None or life.is_dead:
        return ["the operator is down"]
    deep = chain.canonical[max(0, chain.tip.number - world.depths.finalized)].state
    left = [
        f"order {identity.hex()[:8]}"
        for identity in chain.tip.state.orders
        if deep.status(identity) <= OPEN
    ]
    store = storage.rows(world.connection, world.clock)
    left += [
        f"batch {each.batch_id} {each.state}" for each in await store.batches.in_state(*IN_FLIGHT)
    ]
    for kind in ActKind:
        left += [f"{row.intent_id} {row.state}" for row in await store.intents.live(kind)]
    return left
