"""The tool's verbs, interrupted and given again: one act, one deposit, and what happened is said."""

from pathlib import Path

import pytest

from zk_acts.runtime.fault import ACT_POINTS
from zk_devnet.zkverify.config import GenesisDomain
from zk_devnet.zkverify.signature import key_pair

from .conftest import HAS_ALLOW_LISTS, RUNTIME
from .test_tool import VALUES, VKEY, Tool, running, write_proof

pytestmark = pytest.mark.devnet
ALICE = "0x" + key_pair("//Alice").public.hex()
DEPOSIT = (4_444 if HAS_ALLOW_LISTS else 4_422) * 10**13 * int(RUNTIME["deposit_percent"])
REGISTER = ("domain", "register", "--size", "1", "--queue", "1")


async def _reserved(tool: Tool) -> int:
    return int((await tool.run("status", "--address", ALICE))["account"]["reserved"])


@pytest.mark.parametrize("point", ACT_POINTS)
async def test_domain_register__killed_at_each_point_and_given_again__one_domain_one_deposit(
    point: str, tmp_path: Path
) -> None:
    async with running(tmp_path) as (tool, _dev):
        await tool.die(*REGISTER, at=f"extrinsic.{point}")
        made = await tool.pay(*REGISTER)
        [domain] = await tool.run("domain", "list")
        assert domain["domain_id"] == made["domain_id"]
        assert await _reserved(tool) == DEPOSIT
        again = await tool.pay(*REGISTER)
        assert (again["sent"], again["domain_id"]) == (False, made["domain_id"])
        assert await _reserved(tool) == DEPOSIT


async def test_domain_register__another_is_wanted_or_the_first_is_gone__makes_one(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as (tool, _dev):
        first = await tool.pay(*REGISTER)
        other_options = await tool.pay("domain", "register", "--size", "2", "--queue", "1")
        second = await tool.pay(*REGISTER, "--another")
        ids = [first["domain_id"], other_options["domain_id"], second["domain_id"]]
        assert ids == [0, 1, 2]
        for verb in ("hold", "unregister"):
            await tool.pay("domain", verb, str(second["domain_id"]))
        third = await tool.pay(*REGISTER)
        assert (third["sent"], third["domain_id"]) == (True, 3)


async def test_domain_fees__interrupted_and_given_with_others__does_what_was_said_last(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as (tool, _dev):
        domain = str((await tool.pay(*REGISTER))["domain_id"])
        fees = ("domain", "fees", domain, "--delivery-fee")
        await tool.die(*fees, "0.5", at="extrinsic.after_send")
        await tool.pay(*fees, "0.7")
        [shown] = await tool.run("domain", "list")
        assert shown["delivery_fee"] == str(7 * 10**17)
        nothing = await tool.pay(*fees, "0.7")
        assert nothing == {"sent": False, "note": "the domain has these fees"}


async def _once(tool: Tool, *verb: str) -> None:
    """Killed when it has sent; given again it goes on, and a third time nothing is sent: one nonce is used."""
    before = await _nonce(tool)
    await tool.die(*verb, at="extrinsic.after_send")
    await tool.pay(*verb)
    await tool.pay(*verb)
    assert await _nonce(tool) == before + 1, verb


async def _nonce(tool: Tool) -> int:
    return int((await tool.run("status", "--address", ALICE))["account"]["nonce"])


async def test_paying_verbs__of_proofs_and_keys__killed_and_given_again_each_is_one_act(
    tmp_path: Path,
) -> None:
    proof, vk = write_proof(tmp_path)
    of_proof = ["--proof", str(proof), "--program-vkey", VKEY.hex(), "--pubs", VALUES.hex()]
    async with running(tmp_path, domains=(GenesisDomain(),)) as (tool, _dev):
        await _once(tool, "vk", "register", str(vk))
        into = ("--vk", str(vk), "--domain", "0", "--until", "final")
        await _once(tool, "submit", "groth16", *of_proof, *into)
        await _once(tool, "aggregate", "--domain", "0", "--aggregation", "1")
        [key] = await tool.run("vk", "list", "--address", ALICE)
        unregister = ("vk", "unregister", key["vk_hash"])
        await tool.die(*unregister, at="extrinsic.after_send")
        await tool.pay(*unregister)
        gone = await tool.pay(*unregister, code=1)
        assert gone["error"]["code"] == "ZKO-ZKV-055"
        assert await _nonce(tool) == 4
        assert await _reserved(tool) == 0


async def test_paying_verbs__of_domains__killed_and_given_again_each_is_one_act(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as (tool, _dev):
        rules = ("--proof-rules", "OnlyAllowlisted") if HAS_ALLOW_LISTS else ()
        made = await tool.pay("domain", "register", "--size", "1", "--queue", "1", *rules)
        domain = str(made["domain_id"])
        if HAS_ALLOW_LISTS:
            for verb in ("allow", "disallow"):
                await _once(tool, "domain", verb, domain, "--submitter", ALICE)
        await _once(tool, "domain", "hold", domain)
        await _once(tool, "domain", "unregister", domain)
        assert await _reserved(tool) == 0


async def test_submit__how_far_is_asked_for__is_how_far_it_is_followed(tmp_path: Path) -> None:
    proof, vk = write_proof(tmp_path)
    of_proof = ["--proof", str(proof), "--program-vkey", VKEY.hex(), "--pubs", VALUES.hex()]
    async with running(tmp_path, domains=(GenesisDomain(),)) as (tool, dev):
        await tool.pay("vk", "register", str(vk))
        submit = ["submit", "groth16", *of_proof, "--vk", str(vk), "--domain", "0"]
        dev.faults.finality_stalled = True
        sent = await tool.pay(*submit, "--until", "sent")
        included = await tool.pay(*submit, "--until", "included")
        assert included["extrinsic"] == sent["extrinsic"]
        assert (included["state"], included["aggregation_id"]) == ("included", 1)
        late = await tool.pay(*submit, "--until", "final", "--timeout", "3", code=4)
        assert late["error"]["code"] == "ZKO-ZKV-060"
        assert f"block={included['block']}" in late["error"]["message"]
        dev.faults.finality_stalled = False
        final = await tool.pay(*submit, "--until", "final")
        unpublished, error = await tool.both(*submit, "--timeout", "3", code=4)
        assert error["error"]["code"] == "ZKO-ZKV-062"
        assert unpublished["published"] is False
        assert unpublished["aggregation_id"] == final["aggregation_id"] == 1
        assert unpublished["block"] == final["block"]


async def test_submit__damaged_file_of_a_statement_verified_before__is_not_called_verified(
    tmp_path: Path,
) -> None:
    proof, vk = write_proof(tmp_path)
    of_proof = ["--program-vkey", VKEY.hex(), "--pubs", VALUES.hex()]
    async with running(tmp_path) as (tool, _dev):
        [key] = await tool.pay("vk", "register", str(vk))
        submit = ["submit", "groth16", *of_proof, "--vk", key["vk_hash"]]
        first = await tool.pay(*submit, "--proof", str(proof))
        assert first["sent"] is True
        again = await tool.pay(*submit, "--proof", str(proof))
        assert (again["sent"], again["block"]) == (False, first["block"])
        damaged = tmp_path / "damaged.bin"
        damaged.write_bytes(_with_other_points(proof.read_bytes()))
        refused = await tool.pay(*submit, "--proof", str(damaged), code=1)
        assert refused["error"]["code"] == "ZKO-PRV-012"


def _with_other_points(raw: bytes) -> bytes:
    """The proof with A and C exchanged: points of the curve, another pairing."""
    head, points = raw[:-256], raw[-256:]
    return head + points[192:] + points[64:192] + points[:64]


async def test_paying_verbs__that_cannot_succeed__say_so_before_they_pay(tmp_path: Path) -> None:
    async with running(tmp_path, domains=(GenesisDomain(),)) as (tool, _dev):
        expected: dict[tuple[str, ...], str] = {
            ("domain", "hold", "0"): "ZKO-ZKV-055",
            ("domain", "fees", "7", "--delivery-fee", "1"): "ZKO-ZKV-051",
            ("aggregate", "--domain", "0", "--aggregation", "4"): "ZKO-ZKV-052",
            ("vk", "unregister", "0x" + "11" * 32): "ZKO-ZKV-055",
        }
        for verb, code in expected.items():
            refused = await tool.pay(*verb, code=1)
            assert refused["error"]["code"] == code
        account = (await tool.run("status", "--address", ALICE))["account"]
        assert (account["nonce"], account["reserved"]) == (0, "0")


async def test_receipt__of_a_domain_that_does_not_exist__says_that(tmp_path: Path) -> None:
    wanted = ("--aggregation", "1", "--statement", "0x" + "11" * 32, "--from-block", "0")
    async with running(tmp_path, domains=(GenesisDomain(),)) as (tool, _dev):
        unknown = await tool.run("receipt", "--domain", "7", *wanted, code=1)
        assert unknown["error"]["code"] == "ZKO-ZKV-051"
        unpublished = await tool.run("receipt", "--domain", "0", *wanted, code=4)
        assert unpublished["error"]["code"] == "ZKO-ZKV-062"


async def test_paying_verb__nobody_answers__ends_with_that_as_the_cause(tmp_path: Path) -> None:
    tool = Tool("ws://127.0.0.1:1", tmp_path)
    genesis = ("--genesis", "0x" + "00" * 32, "--timeout", "2")
    error = await tool.pay("aggregate", "--domain", "0", "--aggregation", "1", *genesis, code=4)
    assert error["error"]["code"] == "ZKO-ZKV-061"
    assert "ZKO-ZKV-001" in error["error"]["message"]


async def test_sp1_key__registered_by_the_verb__is_listed_and_given_up(tmp_path: Path) -> None:
    digest = "0x" + "12" * 32
    async with running(tmp_path) as (tool, _dev):
        [key] = await tool.pay("vk", "register", "--verifier", "sp1", digest)
        assert (key["vk_hash"], key["how"]) == (digest, "new")
        [listed] = await tool.run("vk", "list", "--address", ALICE)
        assert listed["pallet"] == "SettlementSp1Pallet"
        [again] = await tool.pay("vk", "register", "--verifier", "sp1", digest)
        assert again["how"] == "ours"
        await tool.pay("vk", "unregister", "--verifier", "sp1", digest)
        assert await _reserved(tool) == 0
