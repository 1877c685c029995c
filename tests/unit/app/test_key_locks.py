"""Locks on keys: the daemon and the client take the same one, under a name that no version may change."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from zk_acts.domain.failures import LeaseHeld
from zk_acts.runtime.lock import key_lock, lock_folder
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.app.daemon import _lock
from zk_operator.app.keys import Keys
from zk_operator.settings import Settings, load_settings
from zkverify_client.session import _exclusive
from zkverify_client.signing.signer import ZkVerifySigner

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"
KEYS = Keys(
    evm=EvmSigner(b"\x01" * 32),
    sp1=EvmSigner(b"\x02" * 32),
    zkverify=ZkVerifySigner.from_development_uri("//Alice"),
)
EVM = "0x1a642f0e3c3af545e7acbd38b07251b3990914f1"
SP1 = "0x5050a4f4b3f9338c3472dcc01a87c76a144b3c9c"
ALICE = "xpjztNMwdaEqGLJ6sH6p7WTnuyHHroUAw9HELRxdPNzKr2Efi"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    example = load_settings(EXAMPLE, {}, {}).settings
    store = example.store.model_copy(update={"path": tmp_path / "operator.sqlite"})
    return example.model_copy(update={"store": store})


async def test_lock__the_daemons_accounts__each_has_its_name(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        _lock(stack, settings, KEYS)
        held = sorted(path.name for path in lock_folder().iterdir())
    assert held == [f"evm-11155111-{EVM}.lock", f"sp1-{SP1}.lock", f"zkverify-{ALICE}.lock"]


async def test_lock__a_client_with_the_daemons_key__is_told_who_has_it(settings: Settings) -> None:
    genesis = settings.zkverify.genesis_hash
    with _exclusive([KEYS.zkverify], genesis):
        assert [path.name for path in lock_folder().iterdir()] == [f"zkverify-{ALICE}.lock"]
        async with AsyncExitStack() as stack:
            with pytest.raises(LeaseHeld, match=r"uses this key \(zkverify "):
                _lock(stack, settings, KEYS)
    async with AsyncExitStack() as stack:
        _lock(stack, settings, KEYS)
        with pytest.raises(LeaseHeld), _exclusive([KEYS.zkverify], genesis):
            pass


async def test_lock__a_daemon_of_another_chain__shares_the_provers_key_only(
    settings: Settings,
) -> None:
    evm = settings.evm.model_copy(update={"chain_id": 5})
    elsewhere = settings.model_copy(update={"evm": evm})
    with key_lock("evm", f"11155111-{EVM}", EVM):
        async with AsyncExitStack() as stack:
            _lock(stack, elsewhere, KEYS)
    with key_lock("sp1", SP1, SP1):
        async with AsyncExitStack() as stack:
            with pytest.raises(LeaseHeld, match=rf"uses this key \(sp1 {SP1}\)"):
                _lock(stack, elsewhere, KEYS)
