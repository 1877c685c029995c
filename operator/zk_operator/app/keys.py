"""The operator's three keys, opened in worker threads: their key derivation is slow on purpose."""

from dataclasses import dataclass
from functools import partial

import anyio
from anyio import to_thread

from zk_operator.adapters.signing.evm import EvmSigner, load_evm_key
from zk_operator.adapters.signing.zkverify import (
    MAINNET_PREFIX,
    SS58_PREFIX,
    ZkVerifySigner,
    load_zkverify_key,
)
from zk_operator.domain.ids import Hash32
from zk_operator.settings.model import KeySettings

MAINNET_GENESIS = Hash32(
    bytes.fromhex("060e3dd3fa2904d031206bb913c954687a2bcc350e5a83d33d9e273ad21460f1")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Settling and signing, paying for proofs, paying for verification."""

    evm: EvmSigner
    sp1: EvmSigner
    zkverify: ZkVerifySigner


def zkverify_address(signer: ZkVerifySigner, genesis_hash: Hash32) -> str:
    """The account to fund, as its chain shows it. By the configured genesis: it is needed before the chain answers."""
    mainnet = genesis_hash == MAINNET_GENESIS
    return signer.address(MAINNET_PREFIX if mainnet else SS58_PREFIX)


async def open_keys(settings: KeySettings) -> Keys:
    """All three. Errors: those of the key files, with the path."""
    opened: dict[str, EvmSigner] = {}
    zkverify: list[ZkVerifySigner] = []

    async def secp(name: str) -> None:
        path, password = (
            getattr(settings, f"{name}_keystore"),
            getattr(settings, f"{name}_password_file"),
        )
        load = partial(load_evm_key, path, password, allow_exposed=settings.allow_exposed)
        opened[name] = await to_thread.run_sync(load)

    async def sr25519() -> None:
        load = partial(
            load_zkverify_key,
            settings.zkverify_json,
            settings.zkverify_password_file,
            allow_exposed=settings.allow_exposed,
        )
        zkverify.append(await to_thread.run_sync(load))

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(secp, "evm")
            group.start_soon(secp, "sp1")
            group.start_soon(sr25519)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return Keys(evm=opened["evm"], sp1=opened["sp1"], zkverify=zkverify[0])
