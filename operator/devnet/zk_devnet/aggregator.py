"""The aggregator and relayer that zkVerify's operators run: publishes aggregations, carries their roots to the EVM.

On the real network both are services outside the chain; nobody is obliged to be fast. Here the time-out after which
an incomplete aggregation is published, the delivery delay and holding back are configurable, and can be steered while
running through the dev node's `dev_setAggregator`.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import structlog
from anyio.abc import TaskStatus
from eth_account import Account
from web3 import AsyncHTTPProvider, AsyncWeb3
from web3.exceptions import Web3Exception

from zk_acts.domain.ids import hex0x
from zk_devnet.zkverify.client import NodeAnsweredError, NodeClient
from zk_devnet.zkverify.errors import AggregationContractMissing
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.signature import key_pair
from zk_operator.domain.ids import Address

log = structlog.get_logger(__name__)
ABI: list[dict[str, Any]] = [  # the part of ZkVerifyAggregation that the relayer needs
    {
        "type": "function",
        "name": "submitAggregation",
        "stateMutability": "nonpayable",
        "inputs": [
            {"name": "_domainId", "type": "uint256"},
            {"name": "_aggregationId", "type": "uint256"},
            {"name": "_proofsAggregation", "type": "bytes32"},
        ],
        "outputs": [],
    },
    {
        "type": "function",
        "name": "proofsAggregations",
        "stateMutability": "view",
        "inputs": [{"name": "", "type": "uint256"}, {"name": "", "type": "uint256"}],
        "outputs": [{"name": "", "type": "bytes32"}],
    },
]
RECOVERABLE = (aiohttp.ClientError, NodeAnsweredError, Web3Exception, OSError, TimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregatorConfig:
    """What the aggregator serves. Times in seconds.

    `account` is a development name or a 0x-prefixed seed, funded at genesis; `evm_key` holds OPERATOR on the contract.
    `domains` None means all. Without `cursor_path` a restart scans `rescan_blocks` back from the finalized head: what
    the contract already holds is not posted again.
    """

    endpoint: str
    evm_rpc: str
    contract: Address
    evm_key: bytes = field(repr=False)
    account: str = "//Ferdie"
    domains: frozenset[int] | None = None
    publish_after_s: float = 3.0
    relay_delay_s: float = 0.0
    poll_s: float = 0.25
    retry_publish_s: float = 10.0
    receipt_timeout_s: float = 60.0
    rescan_blocks: int = 250
    cursor_path: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A published aggregation's root."""

    domain_id: int
    aggregation_id: int
    root: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """How the services are being steered."""

    hold_publishing: bool = False
    hold_relay: bool = False
    relay_delay_s: float = 0.0


def due(
    domain: dict[str, Any],
    first_seen: dict[tuple[int, int], float],
    now: float,
    publish_after_s: float,
) -> list[int]:
    """The aggregations of a domain that should be published now: complete ones, and an open one that is too old."""
    ready = [number for number, _ in domain["should_publish"]]
    opened = domain["next"]
    if opened["statements"]:
        since = first_seen.setdefault((domain["id"], opened["id"]), now)
        if now - since >= publish_after_s:
            ready.append(opened["id"])
    return ready


class Publisher:
    """Calls `aggregate` for what is due."""

    def __init__(
        self,
        *,
        config: AggregatorConfig,
        node: NodeClient,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config, self._node, self._now = config, node, now
        self._key = key_pair(config.account)
        self._first_seen: dict[tuple[int, int], float] = {}
        self._sent: dict[tuple[int, int], float] = {}

    async def tick(self) -> None:
        """Look at every domain once."""
        count = await self._node.storage("Aggregate", "NextDomainId")
        for domain_id in range(count):
            if self._config.domains is None or domain_id in self._config.domains:
                await self._serve(domain_id)

    async def _serve(self, domain_id: int) -> None:
        domain = await self._node.storage("Aggregate", "Domains", domain_id)
        if domain is None:
            return
        now = self._now()
        for aggregation_id in due(domain, self._first_seen, now, self._config.publish_after_s):
            sent = self._sent.get((domain_id, aggregation_id))
            if sent is None or now - sent >= self._config.retry_publish_s:
                await self._publish(domain_id, aggregation_id)

    async def _publish(self, domain_id: int, aggregation_id: int) -> None:
        arguments = {"domain_id": domain_id, "aggregation_id": aggregation_id}
        tx_hash = await self._node.submit(
            self._key, Case("Aggregate", Case("aggregate", arguments))
        )
        self._sent[domain_id, aggregation_id] = self._now()
        self._first_seen.pop((domain_id, aggregation_id), None)
        log.info("aggregation.submitted", **arguments, tx_hash=tx_hash)


class Relayer:
    """Posts published roots to the EVM contract, in order, each exactly once."""

    def __init__(self, *, config: AggregatorConfig, node: NodeClient, w3: "AsyncWeb3[Any]") -> None:
        self._config, self._node, self._w3 = config, node, w3
        self._account = Account.from_key(config.evm_key)
        self._contract = w3.eth.contract(address=w3.to_checksum_address(config.contract), abi=ABI)
        self._cursor: int | None = None

    async def check(self) -> None:
        """AggregationContractMissing when there is no code at the contract's address."""
        if not await self._w3.eth.get_code(self._contract.address):
            raise AggregationContractMissing(contract=self._contract.address)

    async def tick(self, delay_s: float) -> None:
        """Relay every receipt between the cursor and the finalized head."""
        head = await self._node.call(
            "chain_getHeader", await self._node.call("chain_getFinalizedHead")
        )
        finalized = int(head["number"], 16)
        cursor = self._load(finalized) if self._cursor is None else self._cursor
        for number in range(cursor + 1, finalized + 1):
            for receipt in await self._receipts(number):
                await anyio.sleep(delay_s)
                await self._relay(receipt)
            self._save(number)
        self._cursor = max(cursor, finalized)

    async def _receipts(self, number: int) -> list[Receipt]:
        block_hash = await self._node.call("chain_getBlockHash", number)
        events = await self._node.storage("System", "Events", at=block_hash)
        found = (
            record["event"].value.value
            for record in events
            if record["event"].name == "Aggregate"
            and record["event"].value.name == "NewAggregationReceipt"
        )
        receipts = (
            Receipt(domain_id=f["domain_id"], aggregation_id=f["aggregation_id"], root=f["receipt"])
            for f in found
        )
        wanted = self._config.domains
        return [r for r in receipts if wanted is None or r.domain_id in wanted]

    async def _relay(self, receipt: Receipt) -> None:
        ids = (receipt.domain_id, receipt.aggregation_id)
        posted = await self._contract.functions.proofsAggregations(*ids).call()
        if posted == receipt.root:
            return
        function = self._contract.functions.submitAggregation(*ids, receipt.root)
        sender = self._account.address
        nonce = await self._w3.eth.get_transaction_count(sender, "pending")
        transaction = await function.build_transaction({"from": sender, "nonce": nonce})
        signed = self._account.sign_transaction(transaction)
        tx_hash = await self._w3.eth.send_raw_transaction(signed.raw_transaction)
        outcome = await self._w3.eth.wait_for_transaction_receipt(
            tx_hash, timeout=self._config.receipt_timeout_s, poll_latency=0.2
        )
        if outcome["status"] != 1:
            raise Web3Exception(f"submitAggregation reverted: {tx_hash.to_0x_hex()}")
        log.info(
            "aggregation.relayed",
            domain_id=receipt.domain_id,
            aggregation_id=receipt.aggregation_id,
            root="0x" + receipt.root.hex(),
            tx_hash=tx_hash.to_0x_hex(),
        )

    def _load(self, finalized: int) -> int:
        path = self._config.cursor_path
        oldest = max(0, finalized - self._config.rescan_blocks)
        if path is None or not path.exists():
            return oldest
        saved = int(json.loads(path.read_text())["block"])
        if saved < oldest:
            log.warning("relay.gapped", saved=saved, oldest=oldest)
        return max(saved, oldest)

    def _save(self, number: int) -> None:
        self._cursor = number
        if self._config.cursor_path is not None:
            self._config.cursor_path.write_text(json.dumps({"block": number}))


async def run_aggregator(
    config: AggregatorConfig, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED
) -> None:
    """Publish and relay until cancelled; outages of either chain are waited out.

    Raises AggregationContractMissing when the contract has no code.
    """
    w3: AsyncWeb3[Any] = AsyncWeb3(AsyncHTTPProvider(config.evm_rpc))
    async with NodeClient(config.endpoint) as node:
        publisher = Publisher(config=config, node=node)
        relayer = Relayer(config=config, node=node, w3=w3)
        try:
            await relayer.check()
            log.info(
                "aggregator.started", endpoint=config.endpoint, contract=hex0x(config.contract)
            )
            task_status.started()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_publishing, config, node, publisher, name="aggregator:publish")
                tasks.start_soon(_relaying, config, node, relayer, name="aggregator:relay")
        finally:
            await w3.provider.disconnect()


async def _publishing(config: AggregatorConfig, node: NodeClient, publisher: Publisher) -> None:
    while True:
        await anyio.sleep(config.poll_s)
        try:
            if not (await _controls(node)).hold_publishing:
                await publisher.tick()
        except RECOVERABLE as error:
            log.warning("aggregator.publish_failed", error=str(error))


async def _relaying(config: AggregatorConfig, node: NodeClient, relayer: Relayer) -> None:
    while True:
        await anyio.sleep(config.poll_s)
        try:
            controls = await _controls(node)
            if not controls.hold_relay:
                await relayer.tick(max(config.relay_delay_s, controls.relay_delay_s))
        except RECOVERABLE as error:
            log.warning("aggregator.relay_failed", error=str(error))


async def _controls(node: NodeClient) -> Controls:
    """How the dev node says that the services should behave; the defaults where it has no such method."""
    try:
        steering = await node.call("dev_aggregator")
    except NodeAnsweredError:
        return Controls()
    return Controls(
        hold_publishing=steering["holdPublishing"],
        hold_relay=steering["holdRelay"],
        relay_delay_s=steering["relayDelayS"],
    )
