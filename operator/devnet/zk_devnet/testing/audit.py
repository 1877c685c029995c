"""What must be true of a World when all is said and done, found by looking at the outside first and at the rows second."""

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b

from eth_utils.crypto import keccak

from zk_acts.domain.acts import LIVE_STATES, Intent, IntentState, Purpose, Resource
from zk_acts.domain.ids import hex0x
from zk_devnet.testing.scripted_kurier import JOB
from zk_devnet.testing.world import World
from zk_operator.domain.chain_event import OrderPlaced, OrderRefunded, OrderSettled
from zk_operator.domain.ids import OrderId
from zk_operator.domain.records import OrderStatus

EFFECTIVE = {IntentState.FINAL, IntentState.FAILED}
ENDS: dict[type, OrderStatus] = {
    OrderSettled: OrderStatus.SETTLED,
    OrderRefunded: OrderStatus.REFUNDED,
}
START_PROVE = 1_000 * 10**18
START_VFY = 1_000 * 10**18


async def problems(world: World) -> list[str]:
    """Every broken promise about orders and money, in words; empty when all were kept."""
    rows = await _intents(world)
    found = await _orders(world)
    found += _unrecorded(world, rows)
    found += _nonces(rows)
    found += await _spending(world, rows)
    found += _repeated(rows)
    return found


async def _intents(world: World) -> Sequence[Intent]:
    entries = await world.store.intents.ledger(0)
    rows = [await world.store.intents.get(entry.intent_id) for entry in entries]
    return [row for row in rows if row is not None]


async def _orders(world: World) -> list[str]:
    """Every order on chain has ended once, and our row says how."""
    events = (await world.chain.read(0, world.chain.tip.number)).events
    placed = {event.order_id for event in events if isinstance(event, OrderPlaced)}
    ends: dict[OrderId, list[OrderStatus]] = {order_id: [] for order_id in placed}
    for event in events:
        if isinstance(event, OrderSettled | OrderRefunded):
            ends[event.order_id].append(ENDS[type(event)])
    found = [f"order {hex0x(key)} ended as {said}" for key, said in ends.items() if len(said) != 1]
    rows = await world.store.orders.get(sorted(placed))
    return found + [
        f"row of {hex0x(row.order_id)} is {row.status}, not {ends[row.order_id]}"
        for row in rows
        if [row.status] != ends[row.order_id]
    ]


def _unrecorded(world: World, rows: Sequence[Intent]) -> list[str]:
    """Nothing reached the outside that has no row."""
    known = {row.reference for row in rows}
    arrived = {
        "request": set(world.prover.accepted),
        "transaction": {keccak(payload) for payload in world.transactions.sent},
        "job": set(world.kurier.jobs),
        "extrinsic": {blake2b(each, digest_size=32).digest() for each in world.zkverify.sent},
    }
    return [
        f"{kind} {hex0x(reference)} has no row"
        for kind, references in arrived.items()
        for reference in references - known
    ]


def _nonces(rows: Sequence[Intent]) -> list[str]:
    """Every act has ended, and of those that share a nonce one at most took effect."""
    found = [f"{row.intent_id} is still {row.state}" for row in rows if row.state in LIVE_STATES]
    effective = Counter(
        (row.backend, row.account, row.nonce) for row in rows if row.state in EFFECTIVE
    )
    return found + [f"nonce {key} took effect {n} times" for key, n in effective.items() if n > 1]


async def _spending(world: World, rows: Sequence[Intent]) -> list[str]:
    """The rows add up to what the accounts have lost, and to no more than the caps."""
    lost = {
        Resource.PROVE: START_PROVE - world.prover.spendable,
        Resource.VFY: START_VFY - await world.extrinsics.balance(),
        Resource.KURIER: JOB * len(world.kurier.jobs),
        Resource.GAS: world.transactions.wei - await world.transactions.balance(),
    }
    found = []
    for resource, amount in lost.items():
        recorded = sum(row.paid or 0 for row in rows if row.resource is resource)
        if recorded != amount:
            found.append(f"{resource}: paid {amount}, recorded {recorded}")
        cap = world.rules.caps.get(resource)
        if cap is not None and amount > cap:
            found.append(f"{resource}: paid {amount}, cap {cap}")
    return found


def _repeated(rows: Sequence[Intent]) -> list[str]:
    """No proof and no verification of a batch was paid for again after it succeeded."""
    done = Counter(
        (row.purpose, row.subject)
        for row in rows
        if row.state is IntentState.FINAL
        and row.purpose in {Purpose.PROVE, Purpose.VERIFY, Purpose.REGISTER_VK}
    )
    return [f"{key} succeeded {count} times" for key, count in done.items() if count > 1]
