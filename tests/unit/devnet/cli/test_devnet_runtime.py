"""Versions as people write them, and the fields that the options make."""

import pytest
import typer

from zk_devnet.cli.devnet_runtime import parse_version, runtime_fields
from zk_devnet.zkverify import Sp1Policy, UnverifiedPolicy, ZkVerifyNodeConfig


@pytest.mark.parametrize(
    ("text", "number"), [("1.6.2", 1_006_002), ("1.1.0", 1_001_000), ("10.20.30", 10_020_030)]
)
def test_parse_version__as_people_write_it__is_the_runtimes_number(text: str, number: int) -> None:
    assert parse_version(text) == number


@pytest.mark.parametrize(
    "text", ["", "1", "1.6", "1.6.2.1", "v1.6.2", "1.6.x", "1.6.1000", "-1.0.0"]
)
def test_parse_version__no_version__is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="no version"):
        parse_version(text)


def test_runtime_fields__nothing_said__is_the_node_as_it_is() -> None:
    fields = runtime_fields(
        version=None,
        weight_percent=100,
        deposit_percent=100,
        without=None,
        accept_unverified=False,
    )
    assert ZkVerifyNodeConfig(**fields) == ZkVerifyNodeConfig()


def test_runtime_fields__everything_said__is_in_the_config() -> None:
    fields = runtime_fields(
        version=1_001_000,
        weight_percent=150,
        deposit_percent=200,
        without=["payment_queryInfo", "aggregate_statementPath"],
        accept_unverified=True,
    )
    config = ZkVerifyNodeConfig(**fields)
    assert (config.spec_version, config.weight_percent, config.deposit_percent) == (
        *(1_001_000, 150),
        200,
    )
    assert config.without == {"payment_queryInfo", "aggregate_statementPath"}
    assert config.sp1_policy is Sp1Policy.ACCEPT_UNVERIFIED
    assert config.others_policy is UnverifiedPolicy.ACCEPT_UNVERIFIED
