"""author_*: submission, watching and what is pending."""

from typing import Any

from zk_devnet.zkverify.context import InvalidTransaction
from zk_devnet.zkverify.extrinsic import opaque
from zk_devnet.zkverify.hashing import blake2_256
from zk_devnet.zkverify.hub import Unsubscribe
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.pool import TERMINAL, PoolRefused, Status
from zk_devnet.zkverify.rpc.calls import Call, Methods, Send, hex0x
from zk_devnet.zkverify.rpc.chain import unsubscribe
from zk_devnet.zkverify.rpc.errors import (
    RpcError,
    bad_format,
    from_invalid,
    from_pool,
    method_not_found,
    unverifiable,
)
from zk_devnet.zkverify.scale import ScaleError

PEER = (
    "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"  # a made-up peer, named in `broadcast`
)

_SIGNER = slice(2, 34)  # of a signed extrinsic's body: behind version and address kind


class AuthorRpc:
    """Methods of the `author` namespace."""

    def __init__(self, node: DevNode) -> None:
        self._node = node

    def methods(self) -> Methods:
        """By name."""
        return {
            "author_submitExtrinsic": lambda call: hex0x(self._submit(call.raw(0, "extrinsic"))),
            "author_submitAndWatchExtrinsic": self.submit_and_watch,
            "author_unwatchExtrinsic": unsubscribe,
            "author_pendingExtrinsics": lambda _call: [
                hex0x(raw) for raw in self._node.pool.pending()
            ],
        }

    def submit_and_watch(self, call: Call) -> str:
        """Submit, and notify of every status until a terminal one."""
        encoded = call.raw(0, "extrinsic")
        connection = call.subscriber()
        identifier: list[str] = []

        def start(send: Send) -> Unsubscribe:
            def on_status(status: Status, detail: bytes | None) -> None:
                send(status_json(status, detail))
                if status in TERMINAL and identifier:
                    connection.finish(identifier[0])

            unwatch = self._node.hub.watch(blake2_256(encoded), on_status)
            try:
                self._submit(encoded)
            except RpcError:
                unwatch()
                raise
            return unwatch

        identifier.append(connection.subscribe("author_extrinsicUpdate", start))
        return identifier[0]

    def _submit(self, encoded: bytes) -> bytes:
        if self._node.faults.refusals:
            raise RpcError(*self._node.faults.refusals.popleft())
        try:
            body = opaque(encoded)
        except ScaleError as error:
            raise bad_format(str(error)) from error
        if body[_SIGNER] in self._node.faults.refused_accounts:
            raise method_not_found()
        try:
            return self._node.submit(encoded)
        except ScaleError as error:
            raise unverifiable(str(error)) from error
        except InvalidTransaction as refusal:
            raise from_invalid(refusal) from refusal
        except PoolRefused as refusal:
            raise from_pool(refusal) from refusal


def status_json(status: Status, detail: bytes | None) -> Any:
    """A transaction status as the watch reports it."""
    if status is Status.BROADCAST:
        return {"broadcast": [PEER]}
    return status.value if detail is None else {status.value: hex0x(detail)}
