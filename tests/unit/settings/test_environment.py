"""Variables: which set a key, which are slips, and which a platform made to describe a service."""

from pathlib import Path

import pytest

from zk_operator.settings import load_settings
from zk_operator.settings.environment import OWN_VARIABLES
from zk_operator.settings.errors import ConfigError, MalformedConfig, UnknownKey

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"
# What Kubernetes sets for a service `zko-server` with a port named http, and one for UDP.
KUBERNETES = {
    "ZKO_SERVER_SERVICE_HOST": "10.96.12.7",
    "ZKO_SERVER_SERVICE_PORT": "80",
    "ZKO_SERVER_SERVICE_PORT_HTTP": "80",
    "ZKO_SERVER_SERVICE_PORT_MY_METRICS": "9090",
    "ZKO_SERVER_PORT": "tcp://10.96.12.7:80",
    "ZKO_SERVER_PORT_80_TCP": "tcp://10.96.12.7:80",
    "ZKO_SERVER_PORT_80_TCP_PROTO": "tcp",
    "ZKO_SERVER_PORT_80_TCP_PORT": "80",
    "ZKO_SERVER_PORT_80_TCP_ADDR": "10.96.12.7",
    "ZKO_SERVER_PORT_53_UDP": "udp://10.96.12.7:53",
    "ZKO_SERVER_PORT_7_SCTP": "sctp://[fd00::7]:7",
}
DOCKER = {
    "ZKO_EVM_PORT_8545_TCP_ADDR": "172.17.0.5",
    "ZKO_EVM_PORT_8545_TCP": "tcp://172.17.0.5:8545",
    "ZKO_EVM_NAME": "/operator/zko_evm",
    "ZKO_EVM_ENV_PATH": "/usr/bin",
}
ODD_NAME = {"ZKO_EVM__RPC_SERVICE_HOST": "10.96.0.9", "ZKO_EVM__RPC_PORT": "tcp://10.96.0.9:8545"}


@pytest.mark.parametrize(
    "made", [KUBERNETES, DOCKER, ODD_NAME], ids=["kubernetes", "docker", "two dashes"]
)
def test_environment__what_the_platform_makes__is_ignored_and_named(made: dict[str, str]) -> None:
    loaded = load_settings(EXAMPLE, made)

    assert loaded.settings == load_settings(EXAMPLE, {}).settings
    assert loaded.ignored == tuple(sorted(made))


@pytest.mark.parametrize("name", sorted(OWN_VARIABLES))
def test_environment__variables_of_the_verbs__set_nothing_and_are_no_slips(name: str) -> None:
    assert load_settings(EXAMPLE, {name: "x"}).ignored == ()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZKO_EVM_CHAIN_ID", "1"),
        ("ZKO_SERVER_PORT", "9090"),
        ("ZKO_SERVER_HOST", "0.0.0.0"),
        ("ZKO_SERVER_NODE_NAME", "/mine"),
        ("ZKO_KEYS_ENV_FILE", "x"),
        ("ZKO_EVM_SERVICE_PORT", "none"),
    ],
)
def test_environment__a_slip__is_refused(name: str, value: str) -> None:
    with pytest.raises(UnknownKey, match=name):
        load_settings(EXAMPLE, {name: value})


def test_environment__a_slip_beside_a_service__is_refused_alone() -> None:
    with pytest.raises(UnknownKey) as caught:
        load_settings(EXAMPLE, {**KUBERNETES, "ZKO_SERVER_HOST": "::"})

    assert len(caught.value.problems) == 1


def test_environment__a_real_key_with_a_platforms_value__is_no_platforms() -> None:
    with pytest.raises(MalformedConfig, match=r"server\.port"):
        load_settings(EXAMPLE, {"ZKO_SERVER__PORT": "tcp://10.0.0.1:80"})


@pytest.mark.parametrize("value", ["", "  "])
@pytest.mark.parametrize(
    "name", ["ZKO_EVM__WS", "ZKO_PROVER__NETWORK__WHITELIST", "ZKO_PROVER__CIRCUIT_VK_FILE"]
)
def test_environment__empty__is_refused_as_such(name: str, value: str) -> None:
    with pytest.raises(MalformedConfig, match=f"{name}: is empty"):
        load_settings(EXAMPLE, {name: value})


CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # EIP-55's first example


@pytest.mark.parametrize(
    "text", [CHECKSUMMED, CHECKSUMMED.lower(), "0x" + CHECKSUMMED[2:].upper(), CHECKSUMMED[2:]]
)
def test_address__right_or_no_checksum__is_taken(text: str) -> None:
    manager = load_settings(EXAMPLE, {"ZKO_EVM__MANAGER": text}).settings.evm.manager

    assert manager.hex() == CHECKSUMMED[2:].lower()


@pytest.mark.parametrize("key", ["evm.manager", "evm.quoter", "prover.network.whitelist"])
def test_address__wrong_checksum__is_refused_with_the_right_form(key: str) -> None:
    wrong = CHECKSUMMED.replace("aA", "Aa")

    with pytest.raises(ConfigError, match=CHECKSUMMED) as caught:
        load_settings(EXAMPLE, {}, {key: wrong})

    assert caught.value.problems[0].startswith(key)


@pytest.mark.parametrize("text", ["", " ", "a\0b", "~nobody-of-that-name/x"])
def test_path__that_is_none__is_refused_with_its_key(text: str) -> None:
    with pytest.raises(MalformedConfig, match=r"store\.path: expected a path"):
        load_settings(EXAMPLE, {}, {"store.path": text})


def test_whitelist__an_empty_list__does_not_mean_anyone() -> None:
    with pytest.raises(MalformedConfig, match=r"prover\.network\.whitelist"):
        load_settings(EXAMPLE, {}, {"prover.network.whitelist": []})


@pytest.mark.parametrize(
    "url",
    [
        "http://host:99999",
        "http://host:0",
        "http://host:x",
        "http://[::1",
        "http://a b",
        "http://a\n",
    ],
)
def test_url__that_nothing_can_be_connected_to__is_refused(url: str) -> None:
    with pytest.raises(MalformedConfig, match=r"prover\.network\.endpoint"):
        load_settings(EXAMPLE, {}, {"prover.network.endpoint": url})
