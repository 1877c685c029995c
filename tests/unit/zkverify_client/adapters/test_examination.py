"""What an examination says of zkVerify endpoints that lack one thing each, over the scripted node."""

from typing import Any

import pytest

from zk_acts.domain.finding import Finding, Severity
from zk_acts.domain.ids import Hash32
from zk_devnet.testing.scripted_zkverify_node import ScriptedNode
from zkverify_client.adapters.examination import ZkVerifyPlan, examine_endpoint
from zkverify_client.adapters.examination.endpoint import NEEDED, USEFUL
from zkverify_client.adapters.rpc import ConnectionLost, RpcError

ALL = [*NEEDED, *USEFUL, "state_call"]


@pytest.fixture
def living(node: ScriptedNode) -> ScriptedNode:
    """A node that makes a block each time when it is asked for the finalized head, and names its methods."""
    node.mine_many(300)

    def finalized(asked: ScriptedNode) -> str:
        asked.mine()
        return "0x" + asked.finalized.hash.hex()

    node.overrides["chain_getFinalizedHead"] = finalized
    node.overrides["rpc_methods"] = lambda _: {"methods": ALL}
    return node


async def examine(node: ScriptedNode, **changes: Any) -> dict[str, Finding]:
    async def connect() -> ScriptedNode:
        return node

    plan = ZkVerifyPlan(
        **{
            "genesis_hash": node.genesis_hash,
            "spec_names": frozenset({"zkv-runtime"}),
            "dry_run": False,
            "timeout_s": 0.01,
            "look_s": 0.0,
            **changes,
        }
    )
    return {finding.check: finding for finding in await examine_endpoint("ws://one", connect, plan)}


async def test_examine__a_node_that_has_everything__all_ok_and_nothing_submitted(
    living: ScriptedNode,
) -> None:
    found = await examine(living)

    assert {finding.severity for finding in found.values()} == {Severity.OK}
    assert not any(method.startswith("author_") for method in living.calls)


async def test_examine__another_genesis__severe_and_nothing_else(living: ScriptedNode) -> None:
    found = await examine(living, genesis_hash=Hash32(b"\x07" * 32))

    assert found["genesis"].severity is Severity.SEVERE
    assert set(found) == {"reachable", "genesis"}


async def test_examine__a_runtime_of_another_name__severe(living: ScriptedNode) -> None:
    living.spec_name = "polkadot"

    assert (await examine(living))["runtime"].severity is Severity.SEVERE


async def test_examine__finality_that_does_not_move__severe(living: ScriptedNode) -> None:
    living.finality_stalled_at = 100

    assert (await examine(living))["finality"].severity is Severity.SEVERE


async def test_examine__finality_far_behind__a_warning(living: ScriptedNode) -> None:
    living.lag = 100

    assert (await examine(living))["finality"].severity is Severity.WARNING


async def test_examine__pruned_state__a_warning_that_asks_for_an_archive(
    living: ScriptedNode,
) -> None:
    living.pruned_below = 200

    finding = (await examine(living))["state"]

    assert finding.severity is Severity.WARNING
    assert "archive" in finding.remedy


async def test_examine__still_syncing__a_warning(living: ScriptedNode) -> None:
    living.overrides["system_health"] = lambda _: {"isSyncing": True}

    assert (await examine(living))["sync"].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("lacks", "dry_run", "severity"),
    [
        ("payment_queryInfo", False, Severity.SEVERE),
        ("author_submitExtrinsic", False, Severity.SEVERE),
        ("aggregate_statementPath", False, Severity.NOTE),
        ("chain_subscribeFinalizedHeads", False, Severity.NOTE),
        ("state_call", False, Severity.OK),
        ("state_call", True, Severity.SEVERE),
    ],
)
async def test_examine__a_method_is_missing__by_whether_there_is_another_way(
    living: ScriptedNode, lacks: str, dry_run: bool, severity: Severity
) -> None:
    offered = [method for method in ALL if method != lacks]
    living.overrides["rpc_methods"] = lambda _: {"methods": offered}

    assert (await examine(living, dry_run=dry_run))["methods"].severity is severity


async def test_examine__a_gateway_that_hides_its_methods__a_note(living: ScriptedNode) -> None:
    del living.overrides["rpc_methods"]

    assert (await examine(living))["methods"].severity is Severity.NOTE


async def test_examine__no_connection__severe() -> None:
    async def connect() -> ScriptedNode:
        raise ConnectionLost("refused", written=False)

    plan = ZkVerifyPlan(genesis_hash=Hash32(bytes(32)), spec_names=frozenset(), dry_run=False)
    (finding,) = await examine_endpoint("ws://one", connect, plan)

    assert (finding.check, finding.severity) == ("reachable", Severity.SEVERE)


@pytest.mark.parametrize(
    "method",
    [
        "chain_getHeader",
        "state_getRuntimeVersion",
        "system_health",
        "rpc_methods",
        "state_getStorage",
    ],
)
@pytest.mark.parametrize(
    "answer", [None, [], "0x", 7, {"number": []}, RpcError(code=1, message="no", data="")]
)
async def test_examine__nonsense_for_an_answer__findings_and_no_error(
    living: ScriptedNode, method: str, answer: Any
) -> None:
    def say(*_: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    living.overrides[method] = say

    assert await examine(living)
