"""Loading: sources, provenance, unknown and malformed keys."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.ids import Address
from zk_operator.settings import Backend, LoadedSettings, Whitelist, load_settings
from zk_operator.settings.chains import KurierUse
from zk_operator.settings.check import require_consistent
from zk_operator.settings.errors import (
    ConfigError,
    ConfigFileMissing,
    ContradictoryConfig,
    DevnetKeyOutsideDevnet,
    MalformedConfig,
    UnknownKey,
)
from zk_operator.settings.key_path import leaves

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"
DEVNET = {
    "evm.chain_id": 31337,
    "prover.circuit": "devnet",
    "zkverify.genesis_hash": "0x" + "ab" * 32,
}

Load = Callable[..., LoadedSettings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def run(
        *edits: tuple[str, str], env: dict[str, str] | None = None, **flags: object
    ) -> LoadedSettings:
        text = EXAMPLE.read_text()
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "operator.toml"
        path.write_text(text)
        overrides = {key.replace("__", "."): value for key, value in flags.items()}
        return load_settings(path, env or {}, overrides)

    return run


def failure(
    load: Load, *edits: tuple[str, str], env: dict[str, str] | None = None, **flags: object
) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(*edits, env=env, **flags)
    assert caught.value.exit_code == 78
    return caught.value


def test_load__the_example__is_complete_and_valid(load: Load) -> None:
    settings = load().settings
    assert settings.evm.manager == bytes.fromhex("11" * 20)
    assert settings.evm.spend_at is BlockTag.SAFE
    assert settings.evm.max_fee_wei == 200 * 10**9
    assert settings.limits.gas_per_hour == 2 * 10**17
    assert settings.prover.network.whitelist is Whitelist.ANYONE
    assert settings.prover.request_version == "sp1-v6.1.0"


def test_load__relative_paths__are_taken_from_the_files_folder(load: Load, tmp_path: Path) -> None:
    settings = load(env={"ZKO_STORE__PATH": "/var/lib/zko.sqlite"}).settings
    assert settings.keys.evm_keystore == tmp_path / "keys/evm.json"
    assert settings.store.path == Path("/var/lib/zko.sqlite")


def test_load__the_same_key_in_all_sources__flag_beats_env_beats_file(load: Load) -> None:
    env = {"ZKO_EVM__CHAIN_ID": "10", "ZKO_EVM__MAX_LOG_RANGE": "7", "PATH": "x", "ZKO_CONFIG": "y"}
    loaded = load(env=env, evm__chain_id=11)
    assert (loaded.settings.evm.chain_id, loaded.settings.evm.max_log_range) == (11, 7)
    assert loaded.provenance["evm.chain_id"] == "flag evm.chain_id"
    assert loaded.provenance["evm.max_log_range"] == "env ZKO_EVM__MAX_LOG_RANGE"
    assert loaded.provenance["evm.manager"] == "file operator.toml"


def test_load__a_key_set_nowhere__has_its_default_as_source(load: Load) -> None:
    assert load(("tick_s = 1.0", "")).provenance["timing.tick_s"] == "default"


def test_load__lists_and_depths_from_the_environment__are_parsed(load: Load) -> None:
    env = {
        "ZKO_EVM__HTTP": "http://a:1, http://b:2",
        "ZKO_EVM__SPEND_AT": "12",
        "ZKO_PROVER__NETWORK__WHITELIST": "0x" + "aa" * 20,
    }
    settings = load(env=env).settings
    assert settings.evm.http == ("http://a:1", "http://b:2")
    assert settings.evm.spend_at == 12
    assert settings.prover.network.whitelist == (bytes.fromhex("aa" * 20),)


def test_load__no_file__environment_and_flags_alone_must_be_complete() -> None:
    with pytest.raises(MalformedConfig) as caught:
        load_settings(None, {})
    assert "evm: missing" in caught.value.problems


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (("chain_id =", "chainid ="), "evm.chainid: no such key (did you mean evm.chain_id?)"),
        (("[batching]", "[batchin]"), "batchin: no such key (did you mean batching?)"),
        (("[log]", "[log]\nnode_name = 'x'"), "log.node_name: no such key (did you mean"),
        (
            ("tree =", "tre ="),
            "prover.network.tre: no such key (did you mean prover.network.tree?)",
        ),
    ],
)
def test_load__an_unknown_key__is_refused_with_a_suggestion(
    load: Load, edit: tuple[str, str], expected: str
) -> None:
    error = failure(load, edit)
    assert isinstance(error, UnknownKey)
    assert any(problem.startswith(expected) for problem in error.problems)
    assert expected in str(error)
    assert "ZKO-CFG-001" in str(error)


def test_load__an_unknown_variable__is_refused(load: Load) -> None:
    error = failure(load, env={"ZKO_EVM__CHAN_ID": "1"})
    assert error.problems == (
        "evm.chan_id: no such key (did you mean evm.chain_id?) [env ZKO_EVM__CHAN_ID]",
    )


def test_load__a_variable_with_one_underscore__is_not_lost_silently(load: Load) -> None:
    error = failure(load, env={"ZKO_EVM_CHAIN_ID": "1"})
    assert isinstance(error, UnknownKey)
    assert "ZKO_EVM_CHAIN_ID" in error.problems[0]


def test_load__several_malformed_values__are_all_listed(load: Load) -> None:
    error = failure(
        load,
        ('manager = "0x11', 'manager = "0x'),
        ("poll_interval_s = 2.0", "poll_interval_s = -1"),
        ('prove_per_hour = "10"', "prove_per_hour = 10.5"),
        ("max_orders = 64", "max_orders = true"),
        ('endpoint = "https', 'endpoint = "ftp'),
        ("[store]", "[storage_is_missing]"),
    )
    keys = {problem.split(":")[0] for problem in error.problems}
    assert {
        "evm.manager",
        "evm.poll_interval_s",
        "limits.prove_per_hour",
        "batching.max_orders",
        "prover.network.endpoint",
        "store",
    } <= keys


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ('"0.000000000000000001"', True),
        ('"1e-19"', False),
        ('"-1"', False),
        ('"NaN"', False),
        ("5", True),
    ],
)
def test_load__token_amounts__are_exact_decimals(load: Load, text: str, valid: bool) -> None:
    edit = ('vfy_per_hour = "10"', f"vfy_per_hour = {text}")
    if valid:
        assert load(edit).settings.limits.vfy_per_hour in {1, 5 * 10**18}
    else:
        assert isinstance(failure(load, edit), MalformedConfig)


def test_load__broken_toml__names_the_line(load: Load) -> None:
    error = failure(load, ("[evm]", "[evm"))
    assert isinstance(error, MalformedConfig)
    assert "line" in error.problems[0]


def test_load__no_such_file__says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigFileMissing) as caught:
        load_settings(tmp_path / "none.toml", {})
    assert caught.value.code == "ZKO-CFG-003"
    assert str(tmp_path) in str(caught.value)


def test_load__values_that_contradict__are_listed_together(load: Load) -> None:
    error = failure(
        load, prover__proof_timeout_s=1800, limits__gas_per_hour="2", zkverify__era_period=65
    )
    assert isinstance(error, ContradictoryConfig)
    assert {problem.split(":")[0] for problem in error.problems} == {
        "prover.proof_timeout_s",
        "limits.gas_per_hour",
        "zkverify.era_period",
    }


def test_load__the_route_of_earlier_versions__says_nothing_unless_it_is_gone(load: Load) -> None:
    assert load(prover__route="groth16").settings == load().settings
    assert isinstance(failure(load, prover__route="shrink"), UnknownKey)


def test_load__kurier__needs_its_address_and_its_key_where_it_is_used(load: Load) -> None:
    settings = load().settings
    without = settings.zkverify.kurier.model_copy(
        update={"use": KurierUse.FALLBACK, "url": None, "api_key_file": None}
    )
    zkverify = settings.zkverify.model_copy(update={"kurier": without})
    with pytest.raises(ContradictoryConfig) as caught:
        require_consistent(settings.model_copy(update={"zkverify": zkverify}))
    assert {problem.split(":")[0] for problem in caught.value.problems} == {
        "zkverify.kurier.url",
        "zkverify.kurier.api_key_file",
    }


def test_load__the_devnet_key_on_the_devnet__is_accepted(load: Load) -> None:
    flags = {key.replace(".", "__"): value for key, value in DEVNET.items()}
    assert load(**flags).settings.prover.is_for_devnets


def test_load__a_setup_of_ones_own__on_devnets_only(load: Load) -> None:
    own = {**DEVNET, "prover.circuit": "own"}
    flags = {key.replace(".", "__"): value for key, value in own.items()}
    assert load(**flags).settings.prover.request_version == "sp1-v6.1.0"
    assert isinstance(failure(load, prover__circuit="own"), DevnetKeyOutsideDevnet)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("evm.chain_id", 1),
        (
            "zkverify.genesis_hash",
            "0x060e3dd3fa2904d031206bb913c954687a2bcc350e5a83d33d9e273ad21460f1",
        ),
    ],
)
def test_load__the_devnet_key_elsewhere__is_refused(load: Load, key: str, value: object) -> None:
    flags: dict[str, Any] = {
        name.replace(".", "__"): given for name, given in {**DEVNET, key: value}.items()
    }
    error = failure(load, **flags)
    assert isinstance(error, DevnetKeyOutsideDevnet)
    assert error.problems[0].startswith(key)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "ZKO_EVM__SPEND_AT",
            "soon",
            "evm.spend_at: Input should be 'latest', 'safe' or 'finalized'; or: ",
        ),
        (
            "ZKO_PROVER__NETWORK__WHITELIST",
            "0x12",
            "prover.network.whitelist: Input should be 'anyone' or 'uptime'",
        ),
        ("ZKO_EVM__HTTP", "http://a,ftp://b", "evm.http.1: expected a URL that begins with http"),
        ("ZKO_EVM__HTTP__X", "1", "evm.http: "),
    ],
)
def test_load__a_malformed_value__is_one_line_with_key_and_source(
    load: Load, name: str, value: str, line: str
) -> None:
    error = failure(load, env={name: value})
    assert any(problem.startswith(line) for problem in error.problems)
    assert all("[function" not in problem for problem in error.problems)
    assert str(error).startswith("[ZKO-CFG-002] The configuration is no valid TOML")


@settings(max_examples=150, deadline=None)
@given(
    key=st.sampled_from([path for path, _ in leaves()]),
    value=st.one_of(
        st.text(max_size=20),
        st.integers(),
        st.floats(),
        st.booleans(),
        st.none(),
        st.lists(st.text(max_size=5), max_size=3),
        st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    ),
)
def test_load__any_value_for_any_key__is_taken_or_refused_with_a_code(
    key: str, value: object
) -> None:
    code = None
    try:
        load_settings(EXAMPLE, {}, {key: value})
    except ConfigError as error:
        code = error.code
    assert code in {None, *(leaf.code for leaf in ConfigError.__subclasses__())}


def test_backends__the_older_key__is_a_list_of_one(tmp_path: Path) -> None:
    path = tmp_path / "operator.toml"
    text = EXAMPLE.read_text().replace('backends = ["network"]', 'backend = "network"')
    path.write_text(text)
    assert load_settings(path, {}).settings.prover.backends == (Backend.NETWORK,)


def test_backends__several__keep_their_order() -> None:
    settings = load_settings(EXAMPLE, {"ZKO_PROVER__BACKENDS": "gpu,network"}).settings
    assert settings.prover.backends == (Backend.GPU, Backend.NETWORK)
    assert load_settings(
        EXAMPLE, {"ZKO_PROVER__GPU__DEVICES": "0,2"}
    ).settings.prover.gpu.devices == (
        0,
        2,
    )


@pytest.mark.parametrize(
    ("flags", "key"),
    [
        ({"prover.backends": "zisk"}, "prover.backends"),
        ({"prover.backends": "network,network"}, "prover.backends"),
        ({"prover.backends": "cpu", "prover.cpu.mode": "compressed"}, "prover.cpu.mode"),
        ({"prover.backends": "gpu", "prover.gpu.mode": "core"}, "prover.gpu.mode"),
        ({"prover.backends": "gpu", "prover.gpu.devices": ""}, "prover.gpu.devices"),
        ({"prover.network.tee": "true"}, "prover.network.tree"),
    ],
)
def test_backends__whose_proofs_the_route_cannot_use__are_contradictions(
    flags: dict[str, object], key: str
) -> None:
    with pytest.raises(ContradictoryConfig) as caught:
        load_settings(EXAMPLE, {}, flags)
    assert [problem.split(":")[0] for problem in caught.value.problems] == [key]


@pytest.mark.parametrize(
    "line",
    [
        "a = " + "[" * 5_000,
        "a = " + "{b = " * 5_000,
        "a" + ".a" * 20_000 + " = 1",
        "chain_id = " + "9" * 5_000,
        "a = 2026-13-45",
    ],
    ids=["lists", "tables", "keys", "digits", "date"],
)
def test_load__toml_that_only_breaks_its_reader__is_malformed(line: str, tmp_path: Path) -> None:
    path = tmp_path / "operator.toml"
    path.write_text(line)
    with pytest.raises(ConfigError):
        load_settings(path, {})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("keys/evm.json", "~nobody-of-that-name/evm.json"),
        ("chain_id = 11155111", "chain_id = 0x" + "f" * 5_000),
        ("https://rpc.example.org/v3/your-api-key", "http://["),
    ],
)
def test_load__a_value_that_only_breaks_its_parser__is_a_problem_with_its_key(
    load: Load, old: str, new: str
) -> None:
    assert failure(load, (old, new)).problems


def test_load__a_file_of_something_else__is_refused_in_a_moment(tmp_path: Path) -> None:
    path = tmp_path / "operator.toml"
    path.write_text("".join(f"key_{number} = 1\n" for number in range(20_000)))
    started = time.process_time()
    with pytest.raises(UnknownKey) as caught:
        load_settings(path, {})
    assert time.process_time() - started < 5
    assert len(caught.value.problems) == 101
    assert caught.value.problems[-1].endswith(" more")


RULE = '{priority = "low", owners = ["0x3333333333333333333333333333333333333333"]}'


def test_priorities__in_the_file_and_by_a_flag__rules_in_their_order(load: Load) -> None:
    (rule,) = load().settings.batching.priorities
    assert (rule.priority, rule.min_fee) == ("high", 10**16)
    flag = f'[{RULE}, {{priority = "high", max_lifetime_s = 60}}]'
    low, high = load(**{"batching.priorities": flag}).settings.batching.priorities
    assert low.owners == (Address(b"\x33" * 20),)
    assert (high.priority, high.max_lifetime_s) == ("high", 60.0)
    env = {"ZKO_BATCHING__PRIORITIES": "[]"}
    assert load(env=env).settings.batching.priorities == ()


@pytest.mark.parametrize(
    ("rules", "problem"),
    [
        ('[{priority = "high"}]', "every order's"),
        ('[{priority = "urgent", min_fee = "1"}]', "priority"),
        ('[{priority = "high", owner = "0x33"}]', "no such key"),
        ('[{priority = "high", min_size = {"0x33" = 1}}]', "40 hex digits"),
        (
            '[{priority = "high", min_size = {"0x3333333333333333333333333333333333333333" = 0}}]',
            "greater than 0",
        ),
        ("high", "TOML"),
        ("[" * 100_000, "TOML"),
    ],
    ids=["no-condition", "priority", "key", "currency", "amount", "no-list", "endless"],
)
def test_priorities__rules_that_make_no_sense__are_refused_with_their_reason(
    load: Load, rules: str, problem: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(**{"batching.priorities": rules})
    assert problem in str(caught.value)
    assert "batching.priorities" in str(caught.value)
