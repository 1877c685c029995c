"""Whoever publishes aggregations on zkVerify, and whoever carries their roots to the EVM chain."""

from collections.abc import Callable
from random import Random
from typing import Any

import anyio

from zk_acts.domain.ids import Hash32
from zk_devnet.aggregator import due
from zk_devnet.simulator.evm.chain import EvmChain
from zk_devnet.simulator.evm.contract import Execution
from zk_devnet.simulator.evm.deployment import DOMAIN_ID, ZKVERIFY, made_address
from zk_devnet.simulator.weather import Kind, Weather
from zk_devnet.simulator.zkverify.network import PUBLISHER, SimNode
from zk_devnet.zkverify.client import ERA_PERIOD, signed_extrinsic
from zk_devnet.zkverify.context import InvalidTransaction
from zk_devnet.zkverify.executive import TRANSACTION_VERSION
from zk_devnet.zkverify.extrinsic import Era, additional_signed
from zk_devnet.zkverify.pallets import balances
from zk_devnet.zkverify.pool import PoolRefused
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.state import reader

PUBLISH_AFTER_S = 10.0  # that an incomplete aggregation waits
LATE_S = 45.0  # where the operator publishes, too, and is to come first now and then
RELAYER = made_address("relayer")


class Aggregator:
    """Publishes what is due, and relays what was published and finalized; late, and each root until it is there."""

    def __init__(
        self,
        *,
        node: SimNode,
        chain: EvmChain,
        weather: Weather,
        chance: Random,
        now_s: Callable[[], float],
        note: Callable[[bytes, Any], None],
        publish_after_s: float,
    ) -> None:
        self._node = node
        self._chain = chain
        self._weather = weather
        self._chance = chance
        self._now_s = now_s
        self._note = note
        self._publish_after_s = publish_after_s
        self._first_seen: dict[tuple[int, int], float] = {}
        self._sent: dict[int, float] = {}
        self._roots: dict[tuple[int, int], Hash32] = {}
        self._relay_at: dict[tuple[int, int], float] = {}
        self._looked_at = 0

    async def run(self) -> None:
        """For ever."""
        while True:
            await anyio.sleep(3.0)
            if not self._weather.is_on(Kind.AGGREGATOR_HOLDS):
                self._publish()
            self._collect()
            if not self._weather.is_on(Kind.RELAYER_HOLDS):
                self._relay()

    def _publish(self) -> None:
        domain = reader(self._node.best_state())("Aggregate", "Domains", DOMAIN_ID)
        now = self._now_s()
        for aggregation_id in due(domain, self._first_seen, now, self._publish_after_s):
            if now - self._sent.get(aggregation_id, -60.0) >= 20.0:
                self._sent[aggregation_id] = now
                self._submit(aggregation_id)

    def _submit(self, aggregation_id: int) -> None:
        node, arguments = self._node, {"domain_id": DOMAIN_ID, "aggregation_id": aggregation_id}
        best = node.chain.best
        nonce = balances.account_of(node.begin_block().ctx, PUBLISHER.public)["nonce"]
        nonce = node.pool.next_index(PUBLISHER.public, nonce)
        encoded = signed_extrinsic(
            PUBLISHER,
            Case("Aggregate", Case("aggregate", arguments)),
            era=Era(ERA_PERIOD, best.number % ERA_PERIOD),
            nonce=nonce,
            tip=0,
            additional=additional_signed(
                spec_version=node.spec_version(),
                transaction_version=TRANSACTION_VERSION,
                genesis=node.genesis_hash,
                birth_hash=best.hash,
            ),
        )
        try:
            node.submit(encoded)
        except (InvalidTransaction, PoolRefused):
            self._sent[aggregation_id] = self._now_s() - 14.0

    def _collect(self) -> None:
        """Receipts in blocks that became final."""
        chain = self._node.chain
        for number in range(self._looked_at + 1, chain.finalized.number + 1):
            block_hash = chain.hash_at(number)
            assert block_hash is not None
            records = reader(chain.block(block_hash).state)("System", "Events")
            self._note(block_hash, records)
            for record in records:
                fields = record["event"].value.value
                if _name(record) == ("Aggregate", "NewAggregationReceipt"):
                    key = (fields["domain_id"], fields["aggregation_id"])
                    self._roots[key] = Hash32(fields["receipt"])
                    self._relay_at[key] = self._now_s() + self._chance.uniform(0, 12)
        self._looked_at = max(self._looked_at, chain.finalized.number)

    def _relay(self) -> None:
        for key, root in self._roots.items():
            if self._now_s() < self._relay_at[key] or key in self._chain.tip.state.roots:
                continue
            self._relay_at[key] = self._now_s() + 20.0
            self._chain.send_plain(RELAYER, ZKVERIFY, _posting(key, root), f"root-{key[1]}")


def _posting(key: tuple[int, int], root: Hash32) -> Callable[[Execution], None]:
    def post(execution: Execution) -> None:
        execution.state.roots[key] = root

    return post


def _name(record: Any) -> tuple[str, str]:
    return record["event"].name, record["event"].value.name
