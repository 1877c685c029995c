"""A node's answers to `eth_*` requests, as one replica sees the chain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zk_acts.domain.ids import hex0x
from zk_devnet.simulator.evm.block import GAS_LIMIT, Block
from zk_devnet.simulator.evm.chain import EvmChain
from zk_devnet.simulator.evm.codec import Reverted
from zk_devnet.simulator.evm.contract import Execution, gas_of, run_call
from zk_devnet.simulator.evm.deployment import CHAIN_ID, CODE_AT, EPOCH_S
from zk_devnet.simulator.evm.transaction import Tx, Unreadable, decode_transaction
from zk_operator.domain.ids import Address

_BUMP_PERCENT = 10


class NodeError(Exception):
    """Raised when the node answers with a JSON-RPC error."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def json(self) -> dict[str, Any]:
        """The `error` member."""
        shown: dict[str, Any] = {"code": self.code, "message": self.message}
        return shown if self.data is None else {**shown, "data": self.data}


@dataclass(frozen=True, slots=True, kw_only=True)
class Depths:
    """How far behind the head the tags are."""

    safe: int = 2
    finalized: int = 4


class Node:
    """Answers with the chain as it stood `behind` heads ago."""

    def __init__(self, *, chain: EvmChain, depths: Depths, now_s: float, behind: int = 0) -> None:
        self._chain = chain
        self._depths = depths
        self._now_s = now_s
        self._behind = behind
        self.head = chain.tips[max(0, len(chain.tips) - 1 - behind)]

    def answer(self, method: str, params: list[Any]) -> Any:
        """The `result`. Raises NodeError."""
        function = getattr(self, f"_{method}", None)
        if function is None:
            raise NodeError(-32601, f"the method {method} does not exist/is not available")
        return function(*params)

    # --- blocks ---

    def _find(self, name: Any) -> Block | None:
        if isinstance(name, Mapping):
            if "blockHash" in name:
                return self._by_hash(name["blockHash"])
            name = name["blockNumber"]
        if name in ("latest", "pending", None):
            return self.head
        if name in ("safe", "finalized"):
            depth = getattr(self._depths, name)
            return self._chain.ancestor(self.head, max(0, self.head.number - depth))
        if name == "earliest":
            return self._chain.canonical[0]
        return self._chain.ancestor(self.head, int(name, 16))

    def _by_hash(self, text: str) -> Block | None:
        """Known blocks only: none that is younger than what this replica has seen."""
        block = self._chain.blocks.get(bytes.fromhex(text[2:]))
        return block if block is not None and block.number <= self.head.number else None

    def _required(self, name: Any) -> Block:
        block = self._find(name)
        if block is None:
            raise NodeError(-32000, "header not found")
        return block

    def _eth_chainId(self) -> str:  # noqa: N802 - the method's name
        return hex(CHAIN_ID)

    def _net_version(self) -> str:
        return str(CHAIN_ID)

    def _web3_clientVersion(self) -> str:  # noqa: N802
        return "Geth/v1.16.0-simulated/linux-amd64"

    def _eth_blockNumber(self) -> str:  # noqa: N802
        return hex(self.head.number)

    def _eth_getBlockByNumber(self, name: Any, full: bool = False) -> Any:  # noqa: N802
        return _block(self._find(name), full=full)

    def _eth_getBlockByHash(self, name: str, full: bool = False) -> Any:  # noqa: N802
        return _block(self._by_hash(name), full=full)

    def _eth_getLogs(self, query: Mapping[str, Any]) -> Any:  # noqa: N802
        wanted = query.get("address")
        texts = [wanted] if isinstance(wanted, str) else wanted
        addresses = None if texts is None else [Address(bytes.fromhex(t[2:])) for t in texts]
        if "blockHash" in query:
            block = self._by_hash(query["blockHash"])
            if block is None:
                raise NodeError(-32000, "unknown block")
            blocks = [block]
        else:
            first = self._number(query.get("fromBlock", "latest"))
            last = self._number(query.get("toBlock", "latest"))
            blocks = self._chain.branch(self.head, first, last)
        return [
            log for block in blocks for log in block.logs_json(addresses) if _matches(log, query)
        ]

    def _number(self, name: str) -> int:
        return int(name, 16) if name.startswith("0x") else self._required(name).number

    def _eth_getBlockReceipts(self, name: Any) -> Any:  # noqa: N802
        text = isinstance(name, str) and len(name) == 66
        block = self._by_hash(name) if text else self._find(name)
        if block is None:
            return None
        return [block.receipt_json(receipt) for receipt in block.receipts]

    # --- transactions ---

    def _mined(self, text: str) -> tuple[Block, int] | None:
        wanted = bytes.fromhex(text[2:])
        block: Block = self.head
        while block.number > max(0, self.head.number - 256):
            for at, receipt in enumerate(block.receipts):
                if receipt.tx.hash == wanted:
                    return block, at
            block = self._chain.blocks[block.parent_hash]
        return None

    def _eth_getTransactionReceipt(self, text: str) -> Any:  # noqa: N802
        found = self._mined(text)
        return None if found is None else found[0].receipt_json(found[0].receipts[found[1]])

    def _eth_getTransactionByHash(self, text: str) -> Any:  # noqa: N802
        found = self._mined(text)
        if found is not None:
            return found[0].receipts[found[1]].tx.json(*found)
        tx = self._pooled(bytes.fromhex(text[2:]))
        return None if tx is None else tx.json()

    def _pooled(self, wanted: bytes) -> Tx | None:
        """A transaction that waits, where this replica has heard of it."""
        tx = self._chain.sent.get(wanted)
        if tx is None or self._chain.mempool.get(tx.sender, {}).get(tx.nonce) is not tx:
            return None
        return tx if not self._behind else None

    def _eth_getTransactionCount(self, account: str, name: Any) -> str:  # noqa: N802
        address = Address(bytes.fromhex(account[2:]))
        block = self._required(name)
        if name == "pending" and not self._behind:
            return hex(self._chain.pending_nonce(address, block))
        return hex(block.state.nonces.get(address, 0))

    def _eth_getBalance(self, account: str, name: Any) -> str:  # noqa: N802
        address = Address(bytes.fromhex(account[2:]))
        return hex(self._required(name).state.balances.get(address, 0))

    def _eth_getCode(self, account: str, name: Any) -> str:  # noqa: N802
        self._required(name)
        return "0x6001" if bytes.fromhex(account[2:]) in CODE_AT else "0x"

    def _eth_call(self, call: Mapping[str, Any], name: Any = "latest") -> str:
        block = self._required(name)
        return hex0x(self._run(call, block))

    def _eth_estimateGas(self, call: Mapping[str, Any], name: Any = "latest") -> str:  # noqa: N802
        self._run(call, self._required(name))
        return hex(gas_of(_data(call)))

    def _run(self, call: Mapping[str, Any], block: Block) -> bytes:
        if call.get("to") is None:  # the creation of a contract from what is no code
            raise NodeError(-32000, "invalid opcode: opcode 0xef not defined")
        to = Address(bytes.fromhex(call["to"][2:]))
        try:
            found = block.view(to, _data(call))
            if found is not None:
                return found
            sender = Address(bytes.fromhex(call.get("from", "0x" + "00" * 20)[2:]))
            now_s = max(EPOCH_S + int(self._now_s), block.timestamp)
            execution = Execution(state=block.state.copy(), sender=sender, now_s=now_s, logs=[])
            return run_call(execution, to, _data(call))
        except Reverted as failure:
            raise NodeError(3, "execution reverted", hex0x(failure.data)) from failure

    # --- fees and sending ---

    def _eth_gasPrice(self) -> str:  # noqa: N802
        return hex(self._chain.base_fee + 10**9)

    def _eth_maxPriorityFeePerGas(self) -> str:  # noqa: N802
        return hex(10**9)

    def _eth_feeHistory(self, count: str, name: Any, percentiles: list[int]) -> Any:  # noqa: N802
        block = self._required(name)
        blocks = self._chain.branch(block, block.number - int(count, 16) + 1, block.number)
        fees = [each.base_fee for each in blocks]
        return {
            "oldestBlock": hex(blocks[0].number),
            "baseFeePerGas": [hex(fee) for fee in [*fees, self._chain.base_fee]],
            "gasUsedRatio": [each.gas_used / GAS_LIMIT for each in blocks],
            "reward": [[hex(10**9)] * len(percentiles) for _ in blocks],
        }

    def _eth_sendRawTransaction(self, raw: str) -> str:  # noqa: N802
        try:
            tx = decode_transaction(bytes.fromhex(raw[2:]))
        except Unreadable as error:
            raise NodeError(-32000, str(error)) from error
        self._check_send(tx)
        self._chain.queue(tx)
        return hex0x(tx.hash)

    def _check_send(self, tx: Tx) -> None:
        state = self.head.state
        waiting = self._chain.mempool.get(tx.sender, {})
        used = max(state.nonces.get(tx.sender, 0), self._chain.tip.state.nonces.get(tx.sender, 0))
        rival = waiting.get(tx.nonce)
        if rival is not None and rival.hash == tx.hash:
            raise NodeError(-32000, "already known")
        if tx.nonce < used:
            raise NodeError(-32000, f"nonce too low: next nonce {used}, tx nonce {tx.nonce}")
        if tx.gas > GAS_LIMIT:
            raise NodeError(-32000, "exceeds block gas limit")
        needed = tx.gas * tx.fee_cap + tx.value
        if state.balances.get(tx.sender, 0) < needed:
            raise NodeError(-32000, "insufficient funds for gas * price + value")
        if rival is not None and (
            tx.fee_cap * 100 < rival.fee_cap * (100 + _BUMP_PERCENT)
            or tx.tip * 100 < rival.tip * (100 + _BUMP_PERCENT)
        ):
            raise NodeError(-32000, "replacement transaction underpriced")


def _block(block: Block | None, *, full: bool) -> Any:
    if block is None or not full:
        return None if block is None else block.json
    receipts = block.receipts
    return {**block.json, "transactions": [r.tx.json(block, r.index) for r in receipts]}


def _data(call: Mapping[str, Any]) -> bytes:
    return bytes.fromhex(str(call.get("data") or call.get("input") or "0x")[2:])


def _matches(log: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    for wanted, found in zip(query.get("topics") or [], log["topics"], strict=False):
        options = [wanted] if isinstance(wanted, str) else wanted
        if options is not None and found not in options:
            return False
    return True
