"""state_*: storage, metadata, runtime version and runtime API calls."""

from typing import Any

from zk_devnet.zkverify.block import Block
from zk_devnet.zkverify.chain import StatePruned, UnknownBlock
from zk_devnet.zkverify.hashing import blake2_256
from zk_devnet.zkverify.hub import Topic, Unsubscribe
from zk_devnet.zkverify.metadata import metadata_v14
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.rpc.calls import Call, Methods, Send, hex0x, hex_bytes
from zk_devnet.zkverify.rpc.chain import unsubscribe
from zk_devnet.zkverify.rpc.errors import RpcError, invalid_params, unknown_block
from zk_devnet.zkverify.rpc.runtime_api import RuntimeApi, RuntimeTrap, UnknownRuntimeCall
from zk_devnet.zkverify.runtime_code import spec_version_of
from zk_devnet.zkverify.schema.runtime import runtime_version
from zk_devnet.zkverify.state import State

MAX_KEYS = 1000


class StateRpc:
    """Methods of the `state` namespace."""

    def __init__(self, node: DevNode) -> None:
        self._node = node
        self._runtime = RuntimeApi(node)

    def methods(self) -> Methods:
        """By name."""
        return {
            "state_getMetadata": self.metadata,
            "state_getRuntimeVersion": self.runtime_version,
            "state_getStorage": self.storage,
            "state_getStorageAt": self.storage,
            "state_getStorageSize": self.storage_size,
            "state_getStorageHash": self.storage_hash,
            "state_getKeysPaged": self.keys_paged,
            "state_getKeysPagedAt": self.keys_paged,
            "state_getKeys": self.keys,
            "state_getPairs": self.pairs,
            "state_queryStorageAt": self.query_at,
            "state_queryStorage": self.query_range,
            "state_call": self.call,
            "state_callAt": self.call,
            "state_subscribeStorage": self.subscribe_storage,
            "state_unsubscribeStorage": unsubscribe,
            "state_subscribeRuntimeVersion": self.subscribe_version,
            "state_unsubscribeRuntimeVersion": unsubscribe,
            "chain_subscribeRuntimeVersion": self.subscribe_version,
            "chain_unsubscribeRuntimeVersion": unsubscribe,
        }

    def metadata(self, call: Call) -> str:
        """The metadata of the runtime at a block."""
        return hex0x(metadata_v14(spec_version_of(self._state(call.at(0)))))

    def runtime_version(self, call: Call) -> dict[str, Any]:
        """The runtime's version at a block."""
        return version_json(spec_version_of(self._state(call.at(0))))

    def storage(self, call: Call) -> str | None:
        """A raw storage value."""
        value = self._state(call.at(1)).get(call.raw(0, "key"))
        return None if value is None else hex0x(value)

    def storage_size(self, call: Call) -> int | None:
        """The size of a raw storage value."""
        value = self._state(call.at(1)).get(call.raw(0, "key"))
        return None if value is None else len(value)

    def storage_hash(self, call: Call) -> str | None:
        """The hash of a raw storage value."""
        value = self._state(call.at(1)).get(call.raw(0, "key"))
        return None if value is None else hex0x(blake2_256(value))

    def keys_paged(self, call: Call) -> list[str]:
        """Keys with a prefix, in order, after `start_key`, at most `count`."""
        prefix = call.raw(0, "prefix") if call.optional(0) is not None else b""
        count = call.integer(1, "count", 32)
        if count > MAX_KEYS:
            raise RpcError(4002, f"count exceeds maximum value. value: {count}, max: {MAX_KEYS}")
        start = call.raw(2, "start_key") if call.optional(2) is not None else None
        keys = self._keys(prefix, call.at(3))
        return [hex0x(key) for key in keys if start is None or key > start][:count]

    def keys(self, call: Call) -> list[str]:
        """All keys with a prefix."""
        return [hex0x(key) for key in self._keys(call.raw(0, "prefix"), call.at(1))]

    def pairs(self, call: Call) -> list[tuple[str, str]]:
        """All keys with a prefix, and their values."""
        state = self._state(call.at(1))
        return [(hex0x(k), hex0x(state[k])) for k in self._keys(call.raw(0, "prefix"), call.at(1))]

    def query_at(self, call: Call) -> list[dict[str, Any]]:
        """Values of several keys at one block."""
        keys = _key_list(call)
        at = call.at(1)
        block_hash = at or self._node.chain.best.hash
        return [_changes(block_hash, keys, self._state(at))]

    def query_range(self, call: Call) -> list[dict[str, Any]]:
        """Values of several keys at each block of a range in which one of them changed."""
        keys, first = _key_list(call), self._block(call.hash32(1, "from"))
        last = self._block(call.at(2) or self._node.chain.best.hash)
        found: list[dict[str, Any]] = []
        before: State = {}
        for number in range(first.number, last.number + 1):
            block = self._node.chain.ancestor(last, number)
            changed = [key for key in keys if block.state.get(key) != before.get(key)]
            if changed or number == first.number:
                found.append(_changes(block.hash, changed or keys, block.state))
            before = block.state
        return found

    def call(self, call: Call) -> str:
        """A runtime API call on a block's state."""
        block = self._block(call.at(2) or self._node.chain.best.hash)
        self._state(block.hash)
        try:
            return hex0x(
                self._runtime.call(str(call.required(0, "name")), call.raw(1, "bytes"), block)
            )
        except UnknownRuntimeCall as error:
            raise unknown_block(
                f"Execution failed: Other: Exported method {error} is not found"
            ) from error
        except RuntimeTrap as error:
            raise unknown_block(
                f"Execution failed: Execution aborted due to trap: {error}"
            ) from error

    def subscribe_storage(self, call: Call) -> str:
        """Values of keys now and whenever a best block changes one of them."""
        keys = _key_list(call)

        def start(send: Send) -> Unsubscribe:
            known = dict(self._node.chain.best.state)
            send(_changes(self._node.chain.best.hash, keys, known))
            seen = {key: known.get(key) for key in keys}

            def on_best(block: Block) -> None:
                changed = [key for key in keys if block.state.get(key) != seen[key]]
                if changed:
                    seen.update({key: block.state.get(key) for key in changed})
                    send(_changes(block.hash, changed, block.state))

            return self._node.hub.listen(Topic.BEST, on_best)

        return call.subscriber().subscribe("state_storage", start)

    def subscribe_version(self, call: Call) -> str:
        """The runtime's version now and after every upgrade."""

        def start(send: Send) -> Unsubscribe:
            send(version_json(self._node.spec_version()))
            return self._node.hub.listen(Topic.VERSION, lambda version: send(version_json(version)))

        return call.subscriber().subscribe("state_runtimeVersion", start)

    def _keys(self, prefix: bytes, at: bytes | None) -> list[bytes]:
        return sorted(key for key in self._state(at) if key.startswith(prefix))

    def _block(self, block_hash: bytes) -> Block:
        try:
            return self._node.chain.block(block_hash)
        except UnknownBlock as error:
            raise unknown_block(
                f"UnknownBlock: Header was not found in the database: 0x{block_hash.hex()}"
            ) from error

    def _state(self, at: bytes | None) -> State:
        try:
            return self._node.chain.state_at(at)
        except UnknownBlock as error:
            raise unknown_block(f"Header was not found in the database: {error.args[0]}") from error
        except StatePruned as error:
            raise unknown_block(f"State already discarded for 0x{error.args[0]}") from error


def version_json(spec_version: int) -> dict[str, Any]:
    """RuntimeVersion as RPC clients read it."""
    version: dict[str, Any] = runtime_version(spec_version)
    return {
        "specName": version["spec_name"],
        "implName": version["impl_name"],
        "authoringVersion": version["authoring_version"],
        "specVersion": version["spec_version"],
        "implVersion": version["impl_version"],
        "apis": [["0x" + identifier.hex(), number] for identifier, number in version["apis"]],
        "transactionVersion": version["transaction_version"],
        "systemVersion": version["system_version"],
        "stateVersion": version["system_version"],
    }


def _key_list(call: Call) -> list[bytes]:
    keys = call.required(0, "keys")
    if not isinstance(keys, list):
        raise invalid_params("invalid type for `keys`: expected a list")
    return [hex_bytes(key, "keys") for key in keys]


def _changes(block_hash: bytes, keys: list[bytes], state: State) -> dict[str, Any]:
    values = ((key, state.get(key)) for key in keys)
    changes = [[hex0x(key), None if value is None else hex0x(value)] for key, value in values]
    return {"block": hex0x(block_hash), "changes": changes}
