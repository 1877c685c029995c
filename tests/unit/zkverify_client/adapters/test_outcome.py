import pytest

from zk_acts.domain.details import Aggregation, VkRegistered
from zk_acts.domain.ids import Hash32, Statement
from zk_acts.ports.act import Failed, Included
from zk_devnet.testing import scripted_zkverify_node as script
from zkverify_client.adapters.calls import Submitted, SubmittedProof, SubmittedVk
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.outcome import Inclusion, find_new_proof, judge
from zkverify_client.adapters.runtime import Runtime

STATEMENT = Statement(b"\x11" * 32)
ACCOUNT = b"\x22" * 32
BLOCK = Hash32(b"\x33" * 32)
FEE = 17 * 10**15
PROOF = SubmittedProof(statement=STATEMENT, domain_id=0)
VK = SubmittedVk(vk_hash=Hash32(b"\x44" * 32))


def _inclusion(
    runtime: Runtime, submitted: Submitted, *records: bytes, held: int = 0, final: bool = True
) -> Inclusion:
    raw = bytes([len(records) << 2]) + b"".join(records)
    return Inclusion(
        block_number=9,
        block_hash=BLOCK,
        final=final,
        submitted=submitted,
        events=runtime.decode_events(raw),
        held=held,
    )


def test_judge__new_proof_in_the_domain__is_included_with_fee_and_hold(
    any_runtime: Runtime,
) -> None:
    inclusion = _inclusion(
        any_runtime,
        PROOF,
        script.proof_verified(1, STATEMENT),
        script.new_proof(1, STATEMENT, 0, 42),
        script.fee_paid(1, ACCOUNT, FEE, 3),
        script.succeeded(1),
        held=10**17,
    )
    assert judge(inclusion, any_runtime) == Included(
        detail=Aggregation(
            statement=STATEMENT,
            domain_id=0,
            aggregation_id=42,
            block_number=9,
            block_hash=BLOCK,
        ),
        final=True,
        paid=FEE + 10**17,
        block_number=9,
    )


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (b"\x00", "ZKO-ZKV-021"),
        (b"\x01\x00\x00\x00\x00", "ZKO-ZKV-022"),
        (b"\x02\x00\x00\x00\x00", "ZKO-ZKV-023"),
        (b"\x03", "ZKO-ZKV-024"),
        (b"\x04\x00\x00\x00\x00\x01", "ZKO-ZKV-025"),
        (b"\x05", "ZKO-ZKV-026"),
    ],
)
def test_judge__cannot_aggregate__fails_with_the_causes_code_and_the_fee(
    cause: bytes, code: str, runtime: Runtime
) -> None:
    inclusion = _inclusion(
        runtime,
        PROOF,
        script.proof_verified(1, STATEMENT),
        script.cannot_aggregate(1, STATEMENT, cause),
        script.fee_paid(1, ACCOUNT, FEE),
        script.succeeded(1),
    )
    verdict = judge(inclusion, runtime)
    assert isinstance(verdict, Failed)
    assert (verdict.code, verdict.paid, verdict.final) == (code, FEE, True)


@pytest.mark.parametrize(("domain_id", "found"), [(None, 8), (1, 8), (2, 9), (3, None)])
def test_find_new_proof__among_many__decodes_only_those_with_the_statement(
    domain_id: int | None, found: int | None, any_runtime: Runtime, decoded: list[bytes]
) -> None:
    """Pins: every proof of a full block before ours was decoded on the event loop, under a lock shared with workers."""
    records = [
        *(script.new_proof(n, Statement(bytes([n]) * 32), 1, n) for n in range(8)),
        script.proof_verified(8, STATEMENT),
        script.cannot_aggregate(8, STATEMENT, b"\x00"),
        script.new_proof(8, STATEMENT, 1, 5),
        script.new_proof(9, STATEMENT, 2, 5),
    ]
    events = any_runtime.decode_events(bytes([len(records) << 2]) + b"".join(records))
    event = find_new_proof(events, STATEMENT, domain_id)
    assert (None if event is None else event.extrinsic) == found
    assert len(decoded) == (1 if found == 8 else 2)
    assert all(raw.find(STATEMENT) >= 0 for raw in decoded)


def test_judge__verified_and_nothing_else__fails_for_an_unknown_cause(runtime: Runtime) -> None:
    inclusion = _inclusion(runtime, PROOF, script.proof_verified(1, STATEMENT), script.succeeded(1))
    verdict = judge(inclusion, runtime)
    assert isinstance(verdict, Failed)
    assert verdict.code == "ZKO-ZKV-020"


def test_judge__new_proof_in_another_domain__is_no_success(runtime: Runtime) -> None:
    inclusion = _inclusion(
        runtime,
        PROOF,
        script.proof_verified(1, STATEMENT),
        script.new_proof(1, STATEMENT, 5, 42),
        script.succeeded(1),
    )
    assert isinstance(judge(inclusion, runtime), Failed)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (b"\x03\xa1\x00\x00\x00\x00", "ZKO-ZKV-031"),
        (b"\x03\xa1\x01\x00\x00\x00", "ZKO-ZKV-032"),
        (b"\x03\xa1\x02\x00\x00\x00", "ZKO-ZKV-033"),
        (b"\x03\xa1\x03\x00\x00\x00", "ZKO-ZKV-034"),
        (b"\x03\xa1\x04\x00\x00\x00", "ZKO-ZKV-035"),
        (b"\x03\xa1\x05\x00\x00\x00", "ZKO-ZKV-036"),
        (b"\x03\xa1\x06\x00\x00\x00", "ZKO-ZKV-030"),
        (b"\x03\xa1\x07\x00\x00\x00", "ZKO-ZKV-037"),
        (b"\x03\x51\x02\x00\x00\x00", "ZKO-ZKV-053"),
        (b"\x02", "ZKO-ZKV-055"),
        (b"\x07\x00", "ZKO-ZKV-038"),
    ],
)
def test_judge__extrinsic_failed__has_the_errors_code(
    error: bytes, code: str, any_runtime: Runtime
) -> None:
    inclusion = _inclusion(
        any_runtime,
        PROOF,
        script.fee_paid(1, ACCOUNT, FEE),
        script.failed(1, error),
        final=False,
    )
    verdict = judge(inclusion, any_runtime)
    assert isinstance(verdict, Failed)
    assert (verdict.code, verdict.paid, verdict.final) == (code, FEE, False)


def test_judge__key_registered__is_included_with_the_deposit(runtime: Runtime) -> None:
    inclusion = _inclusion(
        runtime, VK, script.fee_paid(1, ACCOUNT, FEE), script.succeeded(1), held=5
    )
    assert judge(inclusion, runtime) == Included(
        detail=VkRegistered(vk_hash=VK.vk_hash), final=True, paid=FEE + 5, block_number=9
    )


def test_judge__key_registered_by_us_before__is_a_success_that_cost_a_fee(
    runtime: Runtime,
) -> None:
    inclusion = _inclusion(
        runtime,
        VK,
        script.fee_paid(1, ACCOUNT, FEE),
        script.failed(1, b"\x03\xa1\x06\x00\x00\x00"),
    )
    assert judge(inclusion, runtime) == Included(
        detail=VkRegistered(vk_hash=VK.vk_hash), final=True, paid=FEE, block_number=9
    )


def test_judge__neither_success_nor_failure__is_a_malformed_answer(runtime: Runtime) -> None:
    inclusion = _inclusion(runtime, PROOF, script.proof_verified(1, STATEMENT))
    with pytest.raises(MalformedChainAnswer):
        judge(inclusion, runtime)


def test_judge__success_without_our_statement__is_a_malformed_answer(runtime: Runtime) -> None:
    other = Statement(b"\x12" * 32)
    inclusion = _inclusion(runtime, PROOF, script.proof_verified(1, other), script.succeeded(1))
    with pytest.raises(MalformedChainAnswer):
        judge(inclusion, runtime)
