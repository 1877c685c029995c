"""An honest endpoint of a few blocks, without sockets: what the faults stand in front of."""

from collections.abc import Sequence
from typing import Any

from zk_devnet.rpc_proxy.message import Answer, Call, Reply, result
from zk_devnet.rpc_proxy.panel import Panel

HEAD = 20
FINALIZED = 18


def block_hash(number: int) -> str:
    return "0x" + f"{number:064x}"


def block(number: int) -> dict[str, Any]:
    return {"number": hex(number), "hash": block_hash(number)}


def log(number: int) -> dict[str, Any]:
    return {
        "blockNumber": hex(number),
        "logIndex": "0x0",
        "topics": ["0xaa", "0xbb"],
        "data": "0x" + "00" * 64,
    }


class Chain:
    """One log and one transaction per block; the transaction of block n has the hash of n. `asked`: every call."""

    def __init__(self, head: int = HEAD) -> None:
        self.head = head
        self.nonce = 0
        self.asked: list[Call] = []

    async def ask(self, calls: Sequence[Call]) -> list[Reply]:
        self.asked += calls
        return [result(call, self._result(call)) for call in calls]

    def _result(self, call: Call) -> Any:
        match call.method, call.params:
            case "eth_blockNumber", _:
                return hex(self.head)
            case "eth_getBlockByNumber", (named, *_):
                return self._block(self._number(named))
            case "eth_getBlockByHash", (named, *_):
                return self._block(int(named, 16))
            case (("eth_getTransactionReceipt" | "eth_getTransactionByHash"), (named,)):
                number = int(named, 16)
                return {"blockNumber": hex(number)} if number <= self.head else None
            case "eth_getLogs", ({"blockHash": named},):
                return [log(int(named, 16))]
            case "eth_getLogs", ({"fromBlock": first, "toBlock": last},):
                return [log(at) for at in range(self._number(first), self._number(last) + 1)]
            case "eth_getTransactionCount", (str() as account, "latest") if len(account) > 4:
                return hex(self.nonce)
            case "eth_chainId", _:
                return "0x7a69"
            case _, params:
                return list(params)

    def _number(self, named: str) -> int:
        tags = {"latest": self.head, "finalized": FINALIZED, "safe": FINALIZED, "earliest": 0}
        return tags[named] if named in tags else int(named, 16)

    def _block(self, number: int) -> dict[str, Any] | None:
        return block(number) if number <= self.head else None


def call(method: str, *params: Any, id: Any = 7) -> Call:  # noqa: A002 - JSON-RPC's word
    return Call(method=method, params=params, id=id)


async def served(panel: Panel, chain: Chain, *calls: Call) -> list[Reply]:
    return await panel.serve(calls, chain.ask)


async def answered(fault: str, asked: Call, chain: Chain | None = None) -> Answer:
    """The one answer to one call with this fault on."""
    [reply] = await served(Panel(faults=[fault]), chain or Chain(), asked)
    assert isinstance(reply, Answer)
    assert reply.id == asked.id
    return reply


async def told(fault: str, method: str, *params: Any) -> Any:
    """The result with this fault on."""
    return (await answered(fault, call(method, *params))).result


async def error_of(fault: str, method: str, *params: Any) -> tuple[int, str]:
    """Code and message with this fault on."""
    error = (await answered(fault, call(method, *params))).members["error"]
    return error["code"], error["message"]
