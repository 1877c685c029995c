"""The zkVerify dev node without sockets: its blocks in virtual time, and connections that speak its JSON-RPC."""

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import anyio

from zk_acts.domain.ids import AccountId
from zk_devnet.simulator.ambient import require_alive
from zk_devnet.simulator.evm.deployment import EPOCH_S
from zk_devnet.simulator.proofs import BookGroth16, ProvedInputs
from zk_devnet.simulator.weather import Kind, Weather
from zk_devnet.zkverify.config import GenesisDomain, PoolLimits, ZkVerifyNodeConfig
from zk_devnet.zkverify.context import Context
from zk_devnet.zkverify.executive import Executive
from zk_devnet.zkverify.faults import Fate
from zk_devnet.zkverify.hub import Unsubscribe
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.pallets.dispatch import Dispatcher
from zk_devnet.zkverify.pallets.proofs import Sp1
from zk_devnet.zkverify.rpc.calls import Send
from zk_devnet.zkverify.rpc.server import RpcServer
from zk_devnet.zkverify.signature import key_pair
from zk_devnet.zkverify.state import State, reader
from zkverify_client.adapters.rpc import ConnectionLost, RpcError, result_of

VFY = 10**18
BLOCK_S = 6.0
PUBLISHER = key_pair("//Ferdie")
# twox128("System") and twox128("Events"): where a block keeps its events.
_EVENTS_KEY = "0x26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7"
_HUGE = 100_000  # characters of an answer that is handed over without being written as text first


class SimNode(DevNode):
    """The dev node, whose Groth16 pallet looks a proof up in the prover's book."""

    def __init__(
        self,
        *,
        operator: AccountId,
        balance: int,
        book: ProvedInputs,
        size: int,
        now_s: Callable[[], float],
    ) -> None:
        config = ZkVerifyNodeConfig(
            block_time_s=BLOCK_S,
            finality_lag=2,
            accounts={operator: balance, PUBLISHER.public: 10**6 * VFY},
            domains=(GenesisDomain(aggregation_size=size),),
            pool=PoolLimits(ban_s=60.0),
        )
        super().__init__(config=config, now=lambda: EPOCH_S + now_s(), monotonic=now_s)
        groth16, sp1 = BookGroth16(book=book), Sp1()
        self.executive = Executive(
            dispatcher=Dispatcher(verifiers_by_pallet={groth16.pallet: groth16, sp1.pallet: sp1}),
            genesis_hash=self.chain.genesis.hash,
            author=config.author,
        )


class ZkNetwork:
    """The node, its RPC, and the faults of the way to it."""

    def __init__(
        self, *, node: SimNode, weather: Weather, chance: Random, timeout_s: float
    ) -> None:
        self.node = node
        self.weather = weather
        self.chance = chance
        self.timeout_s = timeout_s
        self.server = RpcServer(node)
        self.told: set[bytes] = set()  # the blocks whose events have reached the operator
        self.paths: set[tuple[int, bytes]] = set()  # aggregations and statements whose paths have
        self._metadata: dict[int, Any] = {}

    async def connect(self, url: str, *, timeout_s: float) -> "SimConnection":
        """As the pool's Connector."""
        del timeout_s
        await anyio.sleep(self.chance.uniform(0.01, 0.1))
        if self.weather.is_on(Kind.ZK_DOWN):
            raise ConnectionLost("connection refused", written=False)
        other = "second" in url and self.weather.is_on(Kind.ZK_OTHER_NETWORK)
        return SimConnection(self, of_another_network=other)

    async def answer(self, method: str, params: list[Any], connection: "SimConnection") -> Any:
        """The answer's frame."""
        if method == "state_getMetadata":
            return await self._cached_metadata(params, connection)
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return json.loads(json.dumps(await self.server.answer(message, connection)))

    async def _cached_metadata(self, params: list[Any], connection: "SimConnection") -> Any:
        """Building it takes long, and it depends on the version alone."""
        at = bytes.fromhex(params[0][2:]) if params else self.node.chain.best.hash
        message = {"id": 1, "method": "state_getMetadata", "params": params}
        try:
            version = self.node.spec_version(self.node.chain.block(at))
        except KeyError:
            return await self.server.answer(message, connection)
        if version not in self._metadata:
            self._metadata[version] = _shared_metadata(
                version, await self.server.answer(message, connection)
            )
        return self._metadata[version]


_METADATA: dict[int, Any] = {}


def _shared_metadata(version: int, answer: Any) -> Any:
    return _METADATA.setdefault(version, answer)


class SimConnection:
    """One connection: the operator's `Connection`, and the node's subscriber behind it."""

    def __init__(self, network: ZkNetwork, *, of_another_network: bool = False) -> None:
        self._network = network
        self._is_other = of_another_network
        self._inbox: list[Any] = []
        self._arrived = anyio.Event()
        self._subscriptions: dict[str, Unsubscribe] = {}
        self._is_lost = False

    async def request(self, method: str, params: Any = ()) -> Any:
        """The result of one call."""
        [answer] = await self.batch(method, [params])
        return result_of(answer)

    async def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """The answers to several calls in one message."""
        weather = self._network.weather
        await anyio.sleep(self._network.chance.uniform(0.005, 0.05))
        require_alive()
        if self._is_lost or weather.is_on(Kind.ZK_DOWN) or weather.strikes(Kind.ZK_LOST_REQUEST):
            self._is_lost = True
            raise ConnectionLost("the connection broke", written=True)
        if weather.strikes(Kind.ZK_BUSY):
            raise RpcError(code=-32029, message="Too many requests", data="")
        answers = [await self._network.answer(method, list(each), self) for each in params]
        if self._is_other and method == "chain_getBlockHash":
            answers = [{"id": 1, "result": "0x" + "77" * 32}]
        await self._delays()
        if weather.strikes(Kind.ZK_LOST_ANSWER):
            self._is_lost = True
            raise ConnectionLost("no answer in time", written=True)
        if weather.strikes(Kind.ZK_GARBLED):
            answers[0] = _garbled(answers[0], weather.chance(Kind.ZK_GARBLED))
        else:
            self._note_told(method, params, answers)
        return answers

    def _note_told(
        self, method: str, params: Sequence[Sequence[Any]], answers: Sequence[Mapping[str, Any]]
    ) -> None:
        for given, answer in zip(params, answers, strict=True):
            if answer.get("result") is None:
                continue
            if method == "state_getStorage" and given[0] == _EVENTS_KEY and given[1:]:
                self._network.told.add(bytes.fromhex(given[1][2:]))
            elif method == "aggregate_statementPath":
                self._network.paths.add((given[2], bytes.fromhex(given[3][2:])))

    async def _delays(self) -> None:
        weather = self._network.weather
        if not weather.strikes(Kind.ZK_SLOW):
            return
        limit = self._network.timeout_s
        pause = weather.chance(Kind.ZK_SLOW).uniform(0, 1.5 * limit)
        await anyio.sleep(min(pause, limit))
        if pause >= limit:
            self._is_lost = True
            raise ConnectionLost("no answer in time", written=True)

    async def notification(self, timeout_s: float) -> Any:
        """The next notification's params."""
        with anyio.move_on_after(timeout_s):
            while not self._inbox:
                await self._arrived.wait()
                self._arrived = anyio.Event()
            return self._inbox.pop(0)
        raise ConnectionLost("no answer in time", written=True)

    async def close(self) -> None:
        """Let it go."""
        for stop in self._subscriptions.values():
            stop()
        self._subscriptions.clear()

    # --- the node's side ---

    def subscribe(self, method: str, start: Callable[[Send], Unsubscribe]) -> str:
        """Register a subscription."""
        name = f"sub{len(self._subscriptions) + 1}"

        def send(result: Any) -> None:
            if not self._network.weather.is_on(Kind.ZK_DOWN):
                self._inbox.append({"subscription": name, "result": result})
                self._arrived.set()

        del method
        self._subscriptions[name] = start(send)
        return name

    def unsubscribe(self, subscription: str) -> bool:
        """End a subscription."""
        stop = self._subscriptions.pop(subscription, None)
        if stop is not None:
            stop()
        return stop is not None

    def finish(self, subscription: str) -> None:
        """Forget a subscription that ended by itself."""
        self._subscriptions.pop(subscription, None)


def _garbled(answer: Any, chance: Random) -> Any:
    result = answer.get("result") if isinstance(answer, dict) else None
    forms: list[Any] = [{"result": None}, {"id": 1}, {"result": {}}, {"result": "0x"}]
    if isinstance(result, str):
        forms.append({"result": result[: len(result) // 2]})
    return chance.choice(forms)


async def run_node(network: ZkNetwork) -> None:
    """Author and finalize blocks for ever, with what the weather does to them."""
    node, weather = network.node, network.weather
    while True:
        await anyio.sleep(BLOCK_S)
        _apply(node, weather)
        if weather.is_on(Kind.ZK_STOP):
            continue
        node.author_block()
        node.finalize()
        if weather.strikes(Kind.ZK_RETRACT):
            _retract(node, weather.chance(Kind.ZK_RETRACT))


def _apply(node: SimNode, weather: Weather) -> None:
    faults = node.faults
    faults.finality_stalled = weather.is_on(Kind.ZK_STALL)
    faults.pool_full = weather.is_on(Kind.ZK_POOL_FULL)
    if weather.strikes(Kind.ZK_FATE) and not faults.fates:
        faults.fates.append(
            weather.chance(Kind.ZK_FATE).choice((Fate.DROPPED, Fate.INVALID, Fate.LOST))
        )
    if weather.strikes(Kind.ZK_PRUNED):
        node.chain.prune(weather.chance(Kind.ZK_PRUNED).randint(0, 3))
    if weather.strikes(Kind.ZK_UPGRADE):
        node.schedule_upgrade(node.spec_version() + 1)


def _retract(node: SimNode, chance: Random) -> None:
    deepest = node.chain.best.number - node.chain.finalized.number
    if deepest > 0:
        node.retract(chance.randint(1, deepest), lose=chance.random() < 0.5)


def free_balance(state: State, account: bytes) -> int:
    """What is neither held nor frozen, in planck."""
    free: int = reader(state)("System", "Account", account)["data"]["free"]
    return free


def setting_balance(account: bytes, amount: int) -> Callable[[Context], None]:
    """A change for the next block: the account has that much, besides what is held."""

    def edit(ctx: Context) -> None:
        entry = ctx.storage.get("System", "Account", account)
        entry["data"]["free"] = amount
        ctx.storage.put("System", "Account", account, entry)

    return edit
