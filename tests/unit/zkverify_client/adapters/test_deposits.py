"""Deposits by the chain's own prices, on the real genesis metadata, the dev node's, and one with other prices."""

import pytest

from zk_devnet.zkverify.metadata import metadata_v14
from zkverify_client.adapters.deposits import (
    StoragePrices,
    allowlist_deposit,
    domain_deposit,
    vk_deposit,
)
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.runtime import AGGREGATE, Runtime

from .conftest import VERSION, devnet_runtime, genesis_runtime

MILLI = 10**15


def test_prices__of_the_real_chain__are_two_vfy_an_item_and_a_thousandth_a_byte(
    any_runtime: Runtime,
) -> None:
    assert StoragePrices.of(any_runtime) == StoragePrices(item=2000 * MILLI, byte=MILLI)


def test_vk_deposit__of_the_real_chain__is_what_was_held_there(any_runtime: Runtime) -> None:
    assert vk_deposit(any_runtime, 32) == 4_160 * MILLI  # SP1's: seen on the real runtime
    assert vk_deposit(any_runtime, 590) == 4_718 * MILLI  # Groth16's with one input


@pytest.mark.parametrize(
    ("size", "queue", "held"), [(1, 1, 4_422), (8, 4, 8_136), (32, 16, 56_784), (128, 16, 213_456)]
)
def test_domain_deposit__mainnets_genesis__is_what_was_held_there(
    size: int, queue: int, held: int
) -> None:
    assert domain_deposit(genesis_runtime(), size, queue) == held * MILLI


@pytest.mark.parametrize(("size", "queue", "held"), [(1, 1, 4_444), (32, 16, 56_806)])
def test_domain_deposit__since_allow_lists__is_of_the_larger_entry(
    size: int, queue: int, held: int
) -> None:
    assert domain_deposit(devnet_runtime(), size, queue) == held * MILLI


def test_deposits__where_storage_is_dearer__follow_the_metadata() -> None:
    dearer = Runtime(version=VERSION, metadata=metadata_v14(percent=150))
    usual = devnet_runtime()
    assert 2 * vk_deposit(dearer, 32) == 3 * vk_deposit(usual, 32)
    assert 2 * domain_deposit(dearer, 8, 2) == 3 * domain_deposit(usual, 8, 2)
    assert allowlist_deposit(usual, 3) == (4_000 + 3 * 68) * MILLI
    assert 2 * allowlist_deposit(dearer, 3) == 3 * allowlist_deposit(usual, 3)


def test_prices__that_are_none__is_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Runtime(version=VERSION, metadata=metadata_v14())
    for changed in ({"DepositFactor": 33}, {"DepositBase": 0}):
        known = {"DepositFactor": 32 * MILLI, "DepositBase": 2_088 * MILLI, **changed}
        monkeypatch.setattr(runtime, "constant", lambda _pallet, name, known=known: known[name])
        with pytest.raises(MalformedChainAnswer):
            StoragePrices.of(runtime)


def test_largest__of_a_list_without_bounds__is_malformed(runtime: Runtime) -> None:
    with pytest.raises(MalformedChainAnswer):
        runtime.types.largest(runtime.storage_type(AGGREGATE, "Domains"), {}, {})
