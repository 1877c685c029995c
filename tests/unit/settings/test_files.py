"""Files that the configuration names, the facts about circuits, and what is shown."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from zk_devnet.groth16_dev import key as dev_key
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes, zkverify_vk_hash
from zk_devnet.groth16_dev.trapdoor import (
    dev_verifying_key,
    trapdoor_of,
    verifying_key_of,
)
from zk_operator.domain.circuit import released_key
from zk_operator.settings import (
    KNOWN_CIRCUITS,
    load_circuit,
    load_settings,
    redacted,
)
from zk_operator.settings.circuit import circuit_of_file
from zk_operator.settings.errors import (
    DevnetKeyOutsideDevnet,
    WrongCircuitFile,
)
from zk_operator.settings.key_path import leaves, paths
from zk_operator.settings.priority import PriorityRuleSettings
from zkverify_client.domain.sp1_proof import circuit_vk_sha256, decode_gnark_vk
from zkverify_client.domain.statement import groth16_vk_hash

CONFIG = Path(__file__).parents[3] / "config"
EXAMPLE = CONFIG / "operator.example.toml"
DOCUMENTATION = CONFIG.parent / "docs" / "configuration.md"
VECTORS = CONFIG.parents[1] / "shared" / "vectors" / "sp1-groth16"


def test_circuit__the_devnets_facts__are_those_of_its_key() -> None:
    facts = KNOWN_CIRCUITS["devnet"]
    assert facts.devnet
    assert facts.vk_sha256 == dev_key.GNARK_VK_SHA256
    assert facts.selector == dev_key.SELECTOR
    assert facts.recursion_root == dev_key.RECURSION_ROOT
    assert facts.zkverify_vk_hash == dev_key.ZKVERIFY_VK_HASH
    assert facts.sp1_version == dev_key.CIRCUIT_VERSION


@pytest.mark.parametrize("name", ["v6.0.0", "v6.1.0"])
def test_circuit__a_released_key__gives_the_facts(name: str) -> None:
    path = VECTORS / f"{name}-groth16_vk.bin"
    if not path.is_file():
        pytest.skip(f"no vectors at {path.parent.name}")
    facts, raw = KNOWN_CIRCUITS[name], path.read_bytes()
    assert circuit_vk_sha256(raw) == facts.vk_sha256
    assert groth16_vk_hash(decode_gnark_vk(raw)) == facts.zkverify_vk_hash
    assert circuit_of_file(name, raw).vk == raw


def test_circuit__the_devnets_file_under_a_released_name__is_refused() -> None:
    with pytest.raises(DevnetKeyOutsideDevnet):
        circuit_of_file("v6.1.0", gnark_vk_bytes(dev_verifying_key()))


def test_circuit__of_ones_own__has_the_files_hashes_and_the_releases_root() -> None:
    vk = gnark_vk_bytes(verifying_key_of(trapdoor_of("some setup")))
    facts = circuit_of_file("own", vk).facts
    assert facts.vk_sha256 == circuit_vk_sha256(vk)
    assert facts.zkverify_vk_hash == zkverify_vk_hash(verifying_key_of(trapdoor_of("some setup")))
    assert facts.recursion_root == KNOWN_CIRCUITS["v6.1.0"].recursion_root
    assert (facts.sp1_version, facts.inputs, facts.devnet) == ("v6.1.0", 5, True)


@pytest.mark.parametrize(
    ("vk", "problem"),
    [
        (gnark_vk_bytes(dev_verifying_key()), "that is circuit devnet"),
        (released_key("v6.1.0"), "that is circuit v6.1.0"),
        (b"not a key", "wrong layout"),
        (gnark_vk_bytes(replace(dev_verifying_key(), k=dev_verifying_key().k[:3])), "2 public"),
    ],
)
def test_circuit__of_ones_own__a_known_key_or_no_key__is_refused(vk: bytes, problem: str) -> None:
    with pytest.raises(WrongCircuitFile, match=problem):
        circuit_of_file("own", vk)


def test_circuit__any_other_file__is_refused_with_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "vk.bin"
    path.write_bytes(b"not a key")
    settings = load_settings(EXAMPLE, {}, {"prover.circuit_vk_file": str(path)}).settings
    with pytest.raises(WrongCircuitFile, match="sha256") as caught:
        load_circuit(settings)
    assert caught.value.exit_code == 78


def test_redacted__the_example__shows_every_key_without_secrets() -> None:
    secret = "0123456789abcdef0123456789abcdef"
    env = {"ZKO_EVM__HTTP": f"https://rpc.example.org/{secret},http://name:{secret}@host"}
    shown = redacted(load_settings(EXAMPLE, env).settings)
    assert secret not in str(shown)
    assert shown["limits.gas_per_hour"] == "0.2"
    assert shown["evm.manager"] == "0x" + "11" * 20
    assert list(shown) == [key for key, _ in leaves()]


def test_documentation__example_and_page__name_every_key() -> None:
    keys = [key for key, _ in leaves()]
    assert sorted(paths(tomllib.loads(EXAMPLE.read_text()))) == sorted(keys)
    page = DOCUMENTATION.read_text()
    assert [key for key in keys if f"`{key}`" not in page] == []
    assert [name for name in PriorityRuleSettings.model_fields if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize("path", sorted((CONFIG / "networks").glob("*.toml")), ids=lambda p: p.stem)
def test_networks__each_file__has_only_real_keys_and_fits_the_example(path: Path) -> None:
    tree = tomllib.loads(path.read_text())
    flags: dict[str, object] = {}
    for key in paths(tree):
        value: object = tree
        for name in key.split("."):
            assert isinstance(value, dict)
            value = value[name]
        flags[key] = value
    flags.setdefault("zkverify.genesis_hash", "0x" + "ab" * 32)
    assert load_settings(EXAMPLE, {}, flags).settings.evm.chain_id == flags["evm.chain_id"]


def test_circuit__without_a_file__is_the_built_in_key(tmp_path: Path) -> None:
    path = tmp_path / "operator.toml"
    path.write_text(re.sub(r"(?m)^circuit_vk_file = .*$", "", EXAMPLE.read_text()))
    settings = load_settings(path, {}).settings
    assert settings.prover.circuit_vk_file is None
    circuit = load_circuit(settings)
    assert circuit_vk_sha256(circuit.vk) == KNOWN_CIRCUITS["v6.1.0"].vk_sha256
