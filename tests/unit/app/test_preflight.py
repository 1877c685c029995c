"""Preflight: each way in which a contract can differ from us stops the start, by name."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.adapters.evm.conftest import ScriptedTransport, pool_of

from zk_acts.domain.ids import Hash32
from zk_devnet.testing.scripted_chain import ScriptedChain, ScriptedView, scripted_terms
from zk_operator.adapters.evm.errors import EndpointFailed, RpcError
from zk_operator.app.preflight import (
    check_contract,
    check_contract_at_start,
    check_depths,
    check_endpoints,
    differences,
)
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import (
    ContractMismatch,
    DepthUnknown,
    EvmUnreachable,
    WrongChain,
)
from zk_operator.ports.chain import ContractTerms
from zk_operator.settings import KNOWN_CIRCUITS, Settings, load_settings

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"
OTHER = Hash32(b"\x77" * 32)
FACTS = KNOWN_CIRCUITS["v6.1.0"]


@pytest.fixture
def settings() -> Settings:
    return load_settings(EXAMPLE, {}, {}).settings


def _ours(settings: Settings) -> ContractTerms:
    return scripted_terms(
        zk_domain_id=settings.zkverify.domain_id,
        groth16_program_vkey=settings.prover.program_vkey,
        groth16_vk_hash=FACTS.zkverify_vk_hash,
        groth16_recursion_root=FACTS.recursion_root,
    )


def view(chain: ScriptedChain) -> ScriptedView:
    return chain.at(chain.tip)


async def test_check_contract__agrees__its_terms(settings: Settings) -> None:
    terms = _ours(settings)

    assert await check_contract(view(ScriptedChain(terms=terms)), settings, FACTS) == terms


async def test_check_contract__paused__may_start(settings: Settings) -> None:
    terms = replace(_ours(settings), paused=True)

    assert (await check_contract(view(ScriptedChain(terms=terms)), settings, FACTS)).paused


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("zk_domain_id", 4_000, "zk_domain_id"),
        ("groth16_program_vkey", OTHER, "program_vkey"),
        ("groth16_vk_hash", OTHER, "vk_hash"),
        ("groth16_recursion_root", OTHER, "recursion_root"),
        ("allowed_signer", False, "signer_allowed"),
    ],
)
async def test_check_contract__one_difference__fatal_and_named_with_both_values(
    settings: Settings, field: str, value: object, name: str
) -> None:
    terms = replace(_ours(settings), **{field: value})  # type: ignore[arg-type]  # by name

    with pytest.raises(ContractMismatch) as caught:
        await check_contract(view(ScriptedChain(terms=terms)), settings, FACTS)

    assert list(caught.value.context) == [name]
    assert " here " in str(caught.value.context[name])
    assert caught.value.exit_code == 78


def test_differences__several__all_of_them(settings: Settings) -> None:
    terms = replace(_ours(settings), groth16_vk_hash=OTHER, allowed_signer=False)

    assert [name for name, _, _ in differences(terms, settings, FACTS)] == [
        "vk_hash",
        "signer_allowed",
    ]


async def test_check_contract__unreachable__said_so(settings: Settings) -> None:
    chain = ScriptedChain(terms=_ours(settings))
    chain.fail_next(EvmUnreachable())

    with pytest.raises(EvmUnreachable):
        await check_contract(view(chain), settings, FACTS)


def _down(name: str) -> ScriptedTransport:
    return ScriptedTransport(name, eth_chainId=EndpointFailed("down", may_have_arrived=False))


async def test_check_endpoints__all_down_at_the_start__is_unreachable() -> None:
    with pytest.raises(EvmUnreachable):
        await check_endpoints(pool_of(_down("one")), at_start=True)


async def test_check_endpoints__all_down_after_a_reload__is_no_end() -> None:
    await check_endpoints(pool_of(_down("one")), at_start=False)


@pytest.mark.parametrize("at_start", [True, False])
async def test_check_endpoints__all_of_another_chain__is_fatal(at_start: bool) -> None:
    with pytest.raises(WrongChain):
        await check_endpoints(pool_of(ScriptedTransport(eth_chainId="0x1")), at_start=at_start)


async def test_check_depths__all_known__passes(settings: Settings) -> None:
    await check_depths(ScriptedChain(), settings)


async def test_check_depths__a_tag_that_no_endpoint_knows__names_the_settings_and_what_to_configure(
    settings: Settings,
) -> None:
    chain = ScriptedChain()
    chain.unknown_tags = {BlockTag.SAFE, BlockTag.FINALIZED}

    with pytest.raises(DepthUnknown) as caught:
        await check_depths(chain, settings)

    assert 'evm.spend_at = "safe", evm.done_at = "finalized"' in str(caught.value)
    assert "a number of confirmations" in str(caught.value)


async def test_check_contract_at_start__nodes_some_blocks_behind__are_waited_for(
    settings: Settings,
) -> None:
    chain = ScriptedChain(terms=_ours(settings))
    behind = RpcError(method="eth_call", number=-32000, text="header for hash not found")
    chain.head = _head_of(chain)  # type: ignore[method-assign,assignment]  # knows the head all the same
    chain.fail_next(behind, behind)

    terms = await check_contract_at_start(chain, chain, settings, FACTS, pause_s=0)

    assert terms == _ours(settings)


def _head_of(chain: ScriptedChain) -> Callable[[BlockTag], Awaitable[BlockRef]]:
    async def head(_tag: BlockTag) -> BlockRef:
        return chain.tip

    return head


async def test_check_contract_at_start__another_trouble__is_said_at_once(
    settings: Settings,
) -> None:
    chain = ScriptedChain(terms=_ours(settings))
    chain.fail_next(EvmUnreachable())

    with pytest.raises(EvmUnreachable):
        await check_contract_at_start(chain, chain, settings, FACTS)
