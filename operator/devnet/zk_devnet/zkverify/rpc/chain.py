"""chain_*: headers, blocks and head subscriptions."""

from functools import partial
from typing import Any

from zk_devnet.zkverify.block import Block
from zk_devnet.zkverify.chain import UnknownBlock
from zk_devnet.zkverify.hub import Topic, Unsubscribe
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.rpc.calls import Call, Methods, Send, hex0x
from zk_devnet.zkverify.rpc.errors import invalid_params

HEADS = {  # subscription, notification, topic, unsubscription
    "chain_subscribeNewHeads": ("chain_newHead", Topic.BEST, "chain_unsubscribeNewHeads"),
    "chain_subscribeFinalizedHeads": (
        "chain_finalizedHead",
        Topic.FINALIZED,
        "chain_unsubscribeFinalizedHeads",
    ),
    "chain_subscribeAllHeads": ("chain_allHead", Topic.ANY, "chain_unsubscribeAllHeads"),
}
_ALIASES = {
    "chain_subscribeNewHead": "chain_subscribeNewHeads",
    "subscribe_newHead": "chain_subscribeNewHeads",
    "chain_unsubscribeNewHead": "chain_unsubscribeNewHeads",
    "unsubscribe_newHead": "chain_unsubscribeNewHeads",
    "chain_subscribeFinalisedHeads": "chain_subscribeFinalizedHeads",
    "chain_unsubscribeFinalisedHeads": "chain_unsubscribeFinalizedHeads",
    "chain_getHead": "chain_getBlockHash",
    "chain_getRuntimeVersion": "state_getRuntimeVersion",
    "chain_getFinalisedHead": "chain_getFinalizedHead",
}


class ChainRpc:
    """Methods of the `chain` namespace."""

    def __init__(self, node: DevNode) -> None:
        self._node = node

    def methods(self) -> Methods:
        """By name."""
        methods: Methods = {
            "chain_getHeader": self.header,
            "chain_getBlock": self.block,
            "chain_getBlockHash": self.block_hash,
            "chain_getFinalizedHead": lambda _call: hex0x(self._node.chain.finalized.hash),
        }
        for name, (notification, topic, unsubscription) in HEADS.items():
            methods[name] = partial(self._subscribe, notification, topic)
            methods[unsubscription] = unsubscribe
        return methods

    def header(self, call: Call) -> Any:
        """The header of a block (default: best); null for an unknown hash."""
        block = self._find(call.at(0))
        return None if block is None else block.header.as_json()

    def block(self, call: Call) -> Any:
        """A block with its extrinsics; null for an unknown hash."""
        block = self._find(call.at(0))
        return None if block is None else block.as_json()

    def block_hash(self, call: Call) -> Any:
        """Hashes by height: of the best block, of one height, or of a list of them."""
        wanted = call.optional(0)
        if wanted is None:
            return hex0x(self._node.chain.best.hash)
        if isinstance(wanted, list):
            return [self._hash_at(item) for item in wanted]
        return self._hash_at(wanted)

    def _hash_at(self, height: Any) -> str | None:
        try:
            number = int(height, 16) if isinstance(height, str) else int(height)
        except (ValueError, TypeError) as error:
            raise invalid_params("invalid block number") from error
        found = self._node.chain.hash_at(number)
        return None if found is None else hex0x(found)

    def _find(self, at: bytes | None) -> Block | None:
        try:
            return self._node.chain.best if at is None else self._node.chain.block(at)
        except UnknownBlock:
            return None

    def _subscribe(self, notification: str, topic: Topic, call: Call) -> str:
        def start(send: Send) -> Unsubscribe:
            chain = self._node.chain
            current = chain.finalized if topic is Topic.FINALIZED else chain.best
            send(current.header.as_json())
            return self._node.hub.listen(topic, lambda block: send(block.header.as_json()))

        return call.subscriber().subscribe(notification, start)


def unsubscribe(call: Call) -> bool:
    """End a subscription of this connection."""
    subscription = str(call.required(0, "subscription"))
    return call.subscriber().unsubscribe(subscription)


def aliases(methods: Methods) -> Methods:
    """Old names of methods that clients still look for."""
    return {old: methods[new] for old, new in _ALIASES.items() if new in methods}
