"""What the auditor reads from the chain: all events since the deployment, and balances at one block."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode

from zk_devnet.auditor.event import (
    MANAGER_EVENTS,
    POOL_MANAGER_EVENTS,
    TOKEN_EVENTS,
    Event,
    EventTable,
)
from zk_devnet.evm.codec import encode_call
from zk_devnet.evm.deployment import Deployment
from zk_devnet.evm.rpc import Call, EvmRpc
from zk_operator.domain.ids import Address, OrderId

NATIVE = Address(bytes(20))
_LOG_RANGE = 2_000
_IDS_PER_CALL = 200
_CALLS_PER_REQUEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencyState:
    """One currency's books at one block, as contracts and accounts report them."""

    claims: int
    fees_accrued: int
    total_credits: int
    manager_balance: int
    pool_manager_balance: int
    supply: int | None  # None for native currency
    holdings: dict[Address, int]  # every account that ever got some; empty for native currency


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeReceipt:
    """A recipient of native payouts in one block: what the balance grew by, and what its own transactions cost."""

    recipient: Address
    block: int
    grew_by: int
    spent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that an audit looks at."""

    deployment: Deployment
    block: int
    events: tuple[Event, ...]
    times: dict[int, int]  # block number: unix seconds
    states: dict[OrderId, int]
    currencies: dict[Address, CurrencyState]
    baseline_block: int  # the last block before the first order
    baseline_reserves: dict[Address, int]  # what the PoolManager held then
    native_receipts: tuple[NativeReceipt, ...]

    def named(self, name: str, emitter: Address) -> list[Event]:
        """One contract's events of one name, in chain order."""
        return [one for one in self.events if one.name == name and one.emitter == emitter]


async def read_history(rpc: EvmRpc, deployment: Deployment, block: int) -> History:
    """Read all of it, at this block. Raises EvmCallFailed."""
    events = await read_events(rpc, deployment, block)
    placed = [one for one in events if one.name == "NewTaskCreated"]
    baseline = placed[0].block - 1 if placed else block
    held = _holders(events, deployment)
    return History(
        deployment=deployment,
        block=block,
        events=events,
        times=await _times(rpc, sorted({one.block for one in events})),
        states=await read_states(
            rpc, deployment, [OrderId(one.args["orderId"]) for one in placed], hex(block)
        ),
        currencies={
            token.address: await _currency(
                rpc, deployment, token.address, held[token.address], hex(block)
            )
            for token in deployment.tokens
        },
        baseline_block=baseline,
        baseline_reserves={
            token.address: await _balance(
                rpc, token.address, deployment.pool_manager, hex(max(baseline, 0))
            )
            for token in deployment.tokens
        },
        native_receipts=await _native_receipts(rpc, events),
    )


async def read_events(rpc: EvmRpc, deployment: Deployment, block: int) -> tuple[Event, ...]:
    """Every event of our contracts, the PoolManager and the tokens up to this block, in chain order."""
    tables = {
        deployment.manager: EventTable(MANAGER_EVENTS),
        deployment.pool_manager: EventTable(POOL_MANAGER_EVENTS),
        **{
            token.address: EventTable(TOKEN_EVENTS)
            for token in deployment.tokens
            if token.address != NATIVE
        },
    }
    found: list[Event] = []
    for start in range(deployment.deploy_block, block + 1, _LOG_RANGE):
        span = {"fromBlock": hex(start), "toBlock": hex(min(block, start + _LOG_RANGE - 1))}
        wanted = span | {"address": ["0x" + address.hex() for address in tables]}
        for log in await rpc.call("eth_getLogs", wanted):
            event = tables[Address(bytes.fromhex(log["address"][2:]))].decode(log)
            if event is not None:
                found.append(event)
    return tuple(sorted(found, key=lambda one: (one.block, one.log_index)))


async def read_states(
    rpc: EvmRpc, deployment: Deployment, ids: Sequence[OrderId], block: str
) -> dict[OrderId, int]:
    """The contract's status of each order: 0 none, 1 open, 2 settled, 3 refunded."""
    states: dict[OrderId, int] = {}
    for start in range(0, len(ids), _IDS_PER_CALL):
        part = list(ids[start : start + _IDS_PER_CALL])
        data = encode_call("orderStates(bytes32[])", part)
        answer = await rpc.read(deployment.manager, data, block=block)
        if not answer:  # at that block the contract was not there yet
            return dict.fromkeys(ids, 0)
        statuses, _ = decode(["uint8[]", "uint40[]"], answer)
        states |= zip(part, statuses, strict=True)
    return states


async def _currency(
    rpc: EvmRpc, deployment: Deployment, currency: Address, holders: Sequence[Address], block: str
) -> CurrencyState:
    words = await rpc.batch(
        [
            _call(deployment.hook, encode_call("escrowOf(address)", currency), block),
            _call(deployment.manager, encode_call("feesAccrued(address)", currency), block),
            _call(deployment.manager, encode_call("totalCredits(address)", currency), block),
        ]
    )
    claims, fees, credit = (int(word, 16) for word in words)
    native = currency == NATIVE
    return CurrencyState(
        claims=claims,
        fees_accrued=fees,
        total_credits=credit,
        manager_balance=await _balance(rpc, currency, deployment.manager, block),
        pool_manager_balance=await _balance(rpc, currency, deployment.pool_manager, block),
        supply=None if native else await _word(rpc, currency, encode_call("totalSupply()"), block),
        holdings={holder: await _balance(rpc, currency, holder, block) for holder in holders},
    )


async def _balance(rpc: EvmRpc, currency: Address, account: Address, block: str) -> int:
    if currency == NATIVE:
        return int(await rpc.call("eth_getBalance", "0x" + account.hex(), block), 16)
    return await _word(rpc, currency, encode_call("balanceOf(address)", account), block)


async def _word(rpc: EvmRpc, to: Address, data: bytes, block: str) -> int:
    return int.from_bytes(await rpc.read(to, data, block=block), "big")


def _call(to: Address, data: bytes, block: str) -> Call:
    return ("eth_call", [{"to": "0x" + to.hex(), "data": "0x" + data.hex()}, block])


def _holders(events: Sequence[Event], deployment: Deployment) -> dict[Address, list[Address]]:
    held: dict[Address, set[Address]] = {token.address: set() for token in deployment.tokens}
    for event in events:
        if event.name == "Transfer" and event.emitter in held:
            held[event.emitter] |= {event.args["from"], event.args["to"]} - {NATIVE}
    return {currency: sorted(accounts) for currency, accounts in held.items()}


async def _times(rpc: EvmRpc, blocks: Sequence[int]) -> dict[int, int]:
    times: dict[int, int] = {}
    for start in range(0, len(blocks), _CALLS_PER_REQUEST):
        part = blocks[start : start + _CALLS_PER_REQUEST]
        headers = await rpc.batch([("eth_getBlockByNumber", [hex(one), False]) for one in part])
        times |= {one: int(head["timestamp"], 16) for one, head in zip(part, headers, strict=True)}
    return times


async def _native_receipts(rpc: EvmRpc, events: Sequence[Event]) -> tuple[NativeReceipt, ...]:
    """What native payouts did to their recipients' balances; there are no logs of such transfers."""
    paid = {
        (one.block, Address(one.args["recipient"]))
        for one in events
        if one.name == "PayoutSent" and one.args["currency"] == NATIVE
    }
    costs = {block: await _own_costs(rpc, block) for block in {block for block, _ in paid}}
    found = []
    for block, recipient in sorted(paid):
        before, after = await rpc.batch(
            [("eth_getBalance", ["0x" + recipient.hex(), hex(at)]) for at in (block - 1, block)]
        )
        found.append(
            NativeReceipt(
                recipient=recipient,
                block=block,
                grew_by=int(after, 16) - int(before, 16),
                spent=costs[block].get(recipient, 0),
            )
        )
    return tuple(found)


async def _own_costs(rpc: EvmRpc, block: int) -> dict[Address, int]:
    """What each sender of the block paid in gas and sent along, in wei."""
    body: dict[str, Any]
    body, receipts = await rpc.batch(
        [("eth_getBlockByNumber", [hex(block), True]), ("eth_getBlockReceipts", [hex(block)])]
    )
    costs: dict[Address, int] = {}
    for sent, receipt in zip(body["transactions"], receipts, strict=True):
        sender = Address(bytes.fromhex(sent["from"][2:]))
        gas = int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
        value = int(sent["value"], 16) if int(receipt["status"], 16) == 1 else 0
        costs[sender] = costs.get(sender, 0) + gas + value
    return costs
