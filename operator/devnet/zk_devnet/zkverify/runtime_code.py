"""The runtime's version lives in the state, under the key of its code, so that each block knows its own."""

from zk_devnet.zkverify.context import Context
from zk_devnet.zkverify.schema.runtime import SPEC_NAME
from zk_devnet.zkverify.state import CODE_KEY, Overlay, State

CODE_MARK = b"zk-operator devnet runtime, no wasm; spec version "


def put_version(ctx: Context, spec_version: int) -> None:
    """Install a version."""
    ctx.storage.put_raw(CODE_KEY, CODE_MARK + spec_version.to_bytes(4, "little"))
    upgrade = {"spec_version": spec_version, "spec_name": SPEC_NAME}
    ctx.storage.put("System", "LastRuntimeUpgrade", upgrade)


def spec_version_of(state: State | Overlay) -> int:
    """The spec version under which the next block on this state runs."""
    return (state if isinstance(state, Overlay) else Overlay(state)).spec_version()
