"""The pool over scripted nodes: failover, refusal of wrong networks, and what is repeated and what is not."""

from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from zk_acts.domain.ids import Hash32
from zk_devnet.testing.scripted_zkverify_node import ScriptedNode
from zkverify_client.adapters.errors import (
    ArchiveUnreachable,
    MalformedChainAnswer,
    StatePruned,
    WrongNetwork,
)
from zkverify_client.adapters.pool import ConnectionPool, NetworkConfig, Role
from zkverify_client.adapters.rpc import Connection, ConnectionLost, Rpc, RpcError, result_of
from zkverify_client.domain.failures import ZkVerifyUnreachable

FIRST, SECOND = "ws://first", "ws://second"


class Network:
    """Nodes by address; an address without a node refuses connections."""

    def __init__(self, **nodes: ScriptedNode) -> None:
        self.nodes = {f"ws://{name}": node for name, node in nodes.items()}
        self.dialled: list[str] = []
        self.now_s = 0.0

    async def connect(self, url: str, *, timeout_s: float) -> Connection:
        await checkpoint()
        self.dialled.append(url)
        if url not in self.nodes:
            raise ConnectionLost("refused", written=False)
        return self.nodes[url]

    def pool(self, genesis: Hash32, **settings: Any) -> ConnectionPool:
        config = NetworkConfig(endpoints=(FIRST, SECOND), genesis_hash=genesis, **settings)
        return ConnectionPool(config, connect=self.connect, now=lambda: self.now_s)


async def _number(rpc: Rpc) -> int:
    header = await rpc.request("chain_getHeader")
    return int(header["number"], 16)


def _lost(*_: object) -> None:
    raise ConnectionLost("scripted", written=True)


async def test_run__first_endpoint_down__uses_the_second_and_stays(node: ScriptedNode) -> None:
    network = Network(second=node)
    pool = network.pool(node.genesis_hash)
    assert await pool.run(Role.QUERY, _number) == 0
    assert await pool.run(Role.QUERY, _number) == 0
    assert network.dialled == [FIRST, SECOND]
    first, second = pool.health()
    assert (first.failures, second.failures) == (1, 0)
    assert first.last_error == "refused"


async def test_run__connection_dies_between_jobs__dials_the_same_endpoint_again(
    node: ScriptedNode,
) -> None:
    network = Network(first=node)
    pool = network.pool(node.genesis_hash)
    await pool.run(Role.QUERY, _number)
    node.silent = True
    assert await pool.run(Role.QUERY, _number) == 0
    assert network.dialled == [FIRST, FIRST]


async def test_run__endpoints_that_rest__says_what_for(node: ScriptedNode) -> None:
    network = Network(first=node)
    pool = network.pool(node.genesis_hash)

    async def malformed(_rpc: Rpc) -> int:
        raise MalformedChainAnswer("scripted")

    with pytest.raises((MalformedChainAnswer, ZkVerifyUnreachable)):
        await pool.run(Role.QUERY, malformed)
    with pytest.raises(ZkVerifyUnreachable, match=MalformedChainAnswer.code):
        await pool.run(Role.QUERY, _number)


async def test_run__everything_down__is_unreachable_and_backs_off(node: ScriptedNode) -> None:
    network = Network()
    pool = network.pool(node.genesis_hash)
    with pytest.raises(ZkVerifyUnreachable):
        await pool.run(Role.QUERY, _number)
    with pytest.raises(ZkVerifyUnreachable):
        await pool.run(Role.QUERY, _number)
    assert network.dialled == [FIRST, SECOND]
    network.nodes[SECOND] = node
    network.now_s = 1.0
    assert await pool.run(Role.QUERY, _number) == 0


async def test_run__wrong_genesis_everywhere__is_fatal(
    node: ScriptedNode, other_node: ScriptedNode
) -> None:
    pool = Network(first=node, second=other_node).pool(Hash32(bytes(32)))
    with pytest.raises(WrongNetwork) as caught:
        await pool.run(Role.QUERY, _number)
    assert caught.value.exit_code == 78


async def test_run__first_endpoint_of_another_network__asks_the_other(
    node: ScriptedNode, other_node: ScriptedNode
) -> None:
    node.overrides["chain_getBlockHash"] = lambda *_: "0x" + "00" * 32
    pool = Network(first=node, second=other_node).pool(other_node.genesis_hash)
    assert await pool.run(Role.QUERY, _number) == 0
    assert pool.health()[0].failures == 1


async def test_run__one_of_another_network_and_one_down__is_unreachable(node: ScriptedNode) -> None:
    pool = Network(first=node).pool(Hash32(bytes(32)))
    with pytest.raises(ZkVerifyUnreachable):
        await pool.run(Role.QUERY, _number)


@pytest.mark.parametrize("answer", [None, 7, {}, "0x", "0xff71a03850"])
async def test_run__genesis_answer_damaged__is_no_other_network(
    node: ScriptedNode, other_node: ScriptedNode, answer: Any
) -> None:
    node.overrides["chain_getBlockHash"] = lambda *_: answer
    pool = Network(first=node, second=other_node).pool(other_node.genesis_hash)
    assert await pool.run(Role.QUERY, _number) == 0


@pytest.mark.parametrize("name", [None, ["zkv-runtime"], 7])
async def test_run__spec_name_is_no_text__another_endpoint_is_tried(
    node: ScriptedNode, name: Any
) -> None:
    node.spec_name = name
    pool = Network(first=node).pool(node.genesis_hash)
    with pytest.raises(ZkVerifyUnreachable):  # the second endpoint is down
        await pool.run(Role.QUERY, _number)


async def test_run__wrong_spec_name_everywhere__is_fatal(
    node: ScriptedNode, other_node: ScriptedNode
) -> None:
    node.spec_name = other_node.spec_name = "polkadot"
    pool = Network(first=node, second=other_node).pool(node.genesis_hash)
    with pytest.raises(WrongNetwork):
        await pool.run(Role.QUERY, _number)


async def test_run__state_pruned_on_one__asks_the_other(
    node: ScriptedNode, other_node: ScriptedNode
) -> None:
    pool = Network(first=node, second=other_node).pool(node.genesis_hash)

    async def job(rpc: Rpc) -> str:
        if rpc is node:
            raise StatePruned
        return "archive"

    assert await pool.run(Role.QUERY, job) == "archive"


async def test_run__state_pruned_everywhere__says_so(
    node: ScriptedNode, other_node: ScriptedNode
) -> None:
    pool = Network(first=node, second=other_node).pool(node.genesis_hash)

    async def job(_: Rpc) -> str:
        raise StatePruned

    with pytest.raises(StatePruned):
        await pool.run(Role.QUERY, job)


async def test_run__pruned_on_one_and_the_other_down__does_not_say_it_is_gone(
    node: ScriptedNode,
) -> None:
    pool = Network(first=node).pool(node.genesis_hash)

    async def job(_: Rpc) -> str:
        raise StatePruned

    with pytest.raises(ArchiveUnreachable):
        await pool.run(Role.QUERY, job)
    with pytest.raises(ArchiveUnreachable):  # also while the other is left alone
        await pool.run(Role.QUERY, job)


async def test_run__nonsense_from_one__asks_the_other(
    node: ScriptedNode, other_node: ScriptedNode
) -> None:
    pool = Network(first=node, second=other_node).pool(node.genesis_hash)

    async def job(rpc: Rpc) -> str:
        if rpc is node:
            raise MalformedChainAnswer
        return "sense"

    assert await pool.run(Role.QUERY, job) == "sense"


async def test_run__job_takes_too_long__loses_the_connection(node: ScriptedNode) -> None:
    network = Network(first=node)
    pool = network.pool(node.genesis_hash, job_timeout_s=0.01)

    async def job(_: Rpc) -> None:
        await anyio.sleep(60)

    with pytest.raises(ZkVerifyUnreachable):
        await pool.run(Role.QUERY, job)


async def test_run__cancelled_in_the_middle__gives_the_slot_back(node: ScriptedNode) -> None:
    network = Network(first=node)
    pool = network.pool(node.genesis_hash)

    async def endless(_: Rpc) -> None:
        await anyio.sleep(60)

    with anyio.move_on_after(0.01):
        await pool.run(Role.SUBMIT, endless)
    assert await pool.run(Role.SUBMIT, _number) == 0
    assert network.dialled == [FIRST, FIRST]


async def test_run_once__lost_in_the_middle__is_not_repeated(node: ScriptedNode) -> None:
    pool = Network(first=node).pool(node.genesis_hash)
    runs = 0

    async def job(_: Rpc) -> None:
        nonlocal runs
        runs += 1
        raise ConnectionLost("gone", written=True)

    with pytest.raises(ConnectionLost):
        await pool.run_once(Role.SUBMIT, job)
    assert runs == 1


async def test_run_once__connection_died_before__is_found_out_first(node: ScriptedNode) -> None:
    network = Network(first=node)
    pool = network.pool(node.genesis_hash)
    await pool.run_once(Role.SUBMIT, _number)
    node.silent = True
    assert await pool.run_once(Role.SUBMIT, _number) == 0
    assert network.dialled == [FIRST, FIRST]


async def test_run__rpc_error_of_the_job__keeps_the_connection(node: ScriptedNode) -> None:
    network = Network(first=node)
    pool = network.pool(node.genesis_hash)

    async def job(rpc: Rpc) -> None:
        await rpc.request("no_such_method")

    with pytest.raises(RpcError):
        await pool.run(Role.QUERY, job)
    await pool.run(Role.QUERY, _number)
    assert network.dialled == [FIRST]
    await pool.close()


@pytest.mark.parametrize(
    "message", [{}, {"error": "text"}, {"id": 1}, {"error": 5}, {"result": 1, "error": []}]
)
def test_result_of__no_result__is_a_malformed_answer(message: dict[str, Any]) -> None:
    with pytest.raises(MalformedChainAnswer):
        result_of(message)


def test_result_of__error_object_with_odd_fields__is_an_rpc_error() -> None:
    with pytest.raises(RpcError) as caught:
        result_of({"error": {"code": "x", "data": {"a": 1}}})
    assert caught.value.code == 0


async def test_run__after_failures__prefers_what_works_and_comes_back_to_what_waited(
    node: ScriptedNode,
) -> None:
    network = Network(second=node)
    pool = network.pool(node.genesis_hash, query_connections=1)
    await pool.run(Role.QUERY, _number)
    network.nodes[FIRST] = node
    network.now_s = 100.0
    await pool.run(Role.HEAD, _number)
    assert network.dialled == [FIRST, SECOND, SECOND]
    del network.nodes[SECOND]
    await pool.run(Role.SUBMIT, _number)
    assert network.dialled[-2:] == [SECOND, FIRST]


async def test_run__first_endpoint_much_slower__dials_the_quicker(node: ScriptedNode) -> None:
    network = Network(first=node, second=node)

    async def connect(url: str, *, timeout_s: float) -> Connection:
        network.now_s += 0.5 if url == FIRST else 0.01
        return await network.connect(url, timeout_s=timeout_s)

    config = NetworkConfig(endpoints=(FIRST, SECOND), genesis_hash=node.genesis_hash)
    pool = ConnectionPool(config, connect=connect, now=lambda: network.now_s)
    await pool.run(Role.QUERY, _number)
    await pool.run(Role.SUBMIT, _number)
    assert network.dialled == [FIRST, SECOND]
