"""The operator's three keys, opened in worker threads: their key derivation is slow on purpose."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import anyio
from anyio import to_thread

from zk_acts.adapters.signing.secret_file import read_password, read_secret
from zk_acts.domain.ids import Hash32
from zk_operator.adapters.signing.evm import EvmSigner, open_evm_key
from zk_operator.app.problems import Problems
from zk_operator.settings import KurierUse, Settings
from zk_operator.settings.model import KeySettings
from zkverify_client.signing.signer import ZkVerifySigner, open_zkverify_key
from zkverify_client.signing.ss58 import prefix_of

KeyT = TypeVar("KeyT")
Open = Callable[[Path, bytes, str], KeyT]

# The name of each key's file and of its password's, in the section `keys`.
EVM: Final = ("evm_keystore", "evm_password_file")
SP1: Final = ("sp1_keystore", "sp1_password_file")
ZKVERIFY: Final = ("zkverify_json", "zkverify_password_file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Settling and signing, paying for proofs, paying for verification; Kurier's API key, where that is used."""

    evm: EvmSigner
    sp1: EvmSigner
    zkverify: ZkVerifySigner
    kurier: str | None = field(default=None, repr=False)


def zkverify_address(signer: ZkVerifySigner, genesis_hash: Hash32) -> str:
    """The account to fund, as its chain shows it. By the configured genesis: it is needed before the chain answers."""
    return signer.address(prefix_of(genesis_hash))


async def open_keys(settings: Settings, problems: Problems) -> Keys | None:
    """All of them; None where one does not open, and what is wrong with each of the files is among the problems."""
    kurier = _kurier_key(settings, problems)
    evm: list[EvmSigner] = []
    sp1: list[EvmSigner] = []
    zkverify: list[ZkVerifySigner] = []

    async def add(found: list[KeyT], names: tuple[str, str], opening: Open[KeyT]) -> None:
        key = await _open(settings.keys, names, opening, problems)
        if key is not None:
            found.append(key)

    async with anyio.create_task_group() as group:
        group.start_soon(add, evm, EVM, open_evm_key)
        group.start_soon(add, sp1, SP1, open_evm_key)
        group.start_soon(add, zkverify, ZKVERIFY, open_zkverify_key)
    if not (evm and sp1 and zkverify):
        return None
    return Keys(evm=evm[0], sp1=sp1[0], zkverify=zkverify[0], kurier=kurier)


def _kurier_key(settings: Settings, problems: Problems) -> str | None:
    """A key that becomes a part of a URL."""
    kurier, key = settings.zkverify.kurier, None
    if kurier.use is not KurierUse.NEVER and kurier.api_key_file is not None:
        with problems.at("zkverify.kurier.api_key_file"):
            key = read_password(kurier.api_key_file, allow_exposed=settings.keys.allow_exposed)
    return key


async def _open(
    settings: KeySettings, names: tuple[str, str], opening: Open[KeyT], problems: Problems
) -> KeyT | None:
    """One key. Both of its files are read before it is opened, so that both can be wrong."""
    path, password_file = (getattr(settings, name) for name in names)
    raw = password = None
    with problems.at(f"keys.{names[0]}"):
        raw = read_secret(path, allow_exposed=settings.allow_exposed)
    with problems.at(f"keys.{names[1]}"):
        password = read_password(password_file, allow_exposed=settings.allow_exposed)
    if raw is None or password is None:
        return None
    with problems.at(f"keys.{names[0]}"):
        return await to_thread.run_sync(partial(opening, path, raw, password))
    return None
