"""Metadata between runs of a tool: fetched once, never believed when damaged, and not needed where nothing is decoded."""

from pathlib import Path

import pytest

from zk_acts.domain.ids import Hash32
from zk_devnet.testing.scripted_zkverify_node import ScriptedNode
from zkverify_client.adapters.client import ZkVerifyClient, ZkVerifyConfig
from zkverify_client.adapters.metadata_cache import MetadataCache
from zkverify_client.adapters.pool import ConnectionPool, NetworkConfig
from zkverify_client.adapters.runtime import Runtime

from .conftest import VERSION, devnet_runtime, genesis_runtime

CHAIN = Hash32(b"\x01" * 32)


def _client(node: ScriptedNode, folder: Path) -> ZkVerifyClient:
    async def connect(url: str, *, timeout_s: float) -> ScriptedNode:
        return node

    network = NetworkConfig(endpoints=("ws://scripted",), genesis_hash=node.genesis_hash)
    config = ZkVerifyConfig(network=network, metadata_folder=folder)
    return ZkVerifyClient(config, ConnectionPool(network, connect=connect))


async def test_registry__second_run__does_not_fetch_metadata_again(
    node: ScriptedNode, tmp_path: Path
) -> None:
    for _ in range(2):
        await _client(node, tmp_path).registry.domain(0)
    assert node.calls.count("state_getMetadata") == 1
    node.spec_version += 1
    await _client(node, tmp_path).registry.domain(0)
    assert node.calls.count("state_getMetadata") == 2


async def test_status__needs_no_metadata(node: ScriptedNode, tmp_path: Path) -> None:
    seen = await _client(node, tmp_path).registry.status()
    assert seen.version.spec_version == node.spec_version
    assert "state_getMetadata" not in node.calls


def test_find__file_is_damaged_or_of_another_chain__is_as_if_it_were_not_there(
    tmp_path: Path,
) -> None:
    cache = MetadataCache(tmp_path, genesis_hash=CHAIN)
    cache.keep(VERSION, b"metadata")
    assert cache.find(VERSION) == b"metadata"
    assert MetadataCache(tmp_path, genesis_hash=Hash32(bytes(32))).find(VERSION) is None
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert cache.find(VERSION) is None


def test_keep__folder_cannot_be_made__keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = MetadataCache(tmp_path / "file", genesis_hash=CHAIN)
    cache.keep(VERSION, b"metadata")
    assert cache.find(VERSION) is None


@pytest.mark.parametrize("order", [1, -1])
def test_runtimes__two_side_by_side__each_decodes_by_its_own_metadata(order: int) -> None:
    runtimes: list[Runtime] = [devnet_runtime(), genesis_runtime()][::order]
    arguments = [runtime.call_arguments("Aggregate", "register_domain") for runtime in runtimes]
    assert [len(names) for names in arguments] == [6, 5][::order]
    for _ in range(2):
        for runtime in runtimes:
            call = runtime.encode_call(
                "Aggregate", "aggregate", {"domain_id": 3, "aggregation_id": 4}
            )
            assert runtime.decode_call(call)[2] == {"domain_id": 3, "aggregation_id": 4}
