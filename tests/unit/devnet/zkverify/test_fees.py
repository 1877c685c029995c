"""Fees, deposits and priorities against the figures known of the real runtime."""

import pytest

from zk_devnet.zkverify import fees, weights
from zk_devnet.zkverify.context import Weight
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.schema.runtime import VFY


def _vfy(planck: int) -> float:
    return planck / VFY


def _fee(pallet: str, name: str, length: int, **args: object) -> float:
    weight = weights.of_call(Case(pallet, Case(name, args))) + weights.EXTENSIONS
    return _vfy(fees.fee(weight, length))


def test_fee__register_sp1_vk__is_the_measured_one() -> None:
    assert _fee("SettlementSp1Pallet", "register_vk", 142, vk=bytes(32)) == pytest.approx(
        0.0036195, abs=1e-7
    )


@pytest.mark.parametrize(
    ("pallet", "name", "length", "args", "expected"),
    [
        ("SettlementSp1Pallet", "unregister_vk", 142, {"vk_hash": bytes(32)}, 0.00355),
        ("Aggregate", "register_domain", 160, {}, 0.0035),
        ("Balances", "transfer_keep_alive", 150, {}, 0.0027),
        (
            "SettlementSp1Pallet",
            "submit_proof",
            670_500,
            {"vk_or_hash": Case("Hash"), "domain_id": 0},
            0.3319,
        ),
    ],
)
def test_fee__call__is_within_5_percent_of_the_known_one(
    pallet: str, name: str, length: int, args: dict[str, object], expected: float
) -> None:
    assert _fee(pallet, name, length, **args) == pytest.approx(expected, rel=0.05)


def test_fee__groth16_by_hash__is_execution_plus_base() -> None:
    def submit(inputs: int) -> float:
        proof = {"curve": Case("Bn254")}
        args = {"vk_or_hash": Case("Hash"), "proof": proof, "pubs": [b""] * inputs, "domain_id": 0}
        return _fee("SettlementGroth16Pallet", "submit_proof", 500, **args)

    assert submit(1) == pytest.approx(0.0168 + 0.0016, rel=0.02)
    assert submit(64) == pytest.approx(0.0492 + 0.0016, rel=0.02)


@pytest.mark.parametrize(
    ("weight", "length", "tip", "priority"),
    [
        (Weight(65_701_118_000), 670_600, 0, 5),
        (Weight(65_701_118_000), 670_600, 1, 10),
        (
            weights.of_call(Case("System", Case("remark", {"remark": b""}))) + weights.EXTENSIONS,
            110,
            0,
            5713,
        ),
    ],
)
def test_priority__of_a_call__is_the_measured_one(
    weight: Weight, length: int, tip: int, priority: int
) -> None:
    assert fees.priority(weight, length, tip) == priority


@pytest.mark.parametrize(("size_bytes", "expected"), [(32, 4.16), (590, 4.718)])
def test_vk_deposit__by_encoded_size__is_the_known_one(size_bytes: int, expected: float) -> None:
    assert _vfy(fees.vk_deposit(size_bytes)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("size", "queue", "expected"),
    [(1, 1, 4.444), (8, 16, 17.638), (32, 16, 56.806), (128, 16, 213.478)],
)
def test_domain_deposit__by_size_and_queue__is_the_known_one(
    size: int, queue: int, expected: float
) -> None:
    assert fees.domain_deposit(size, queue) == round(expected * 1000) * VFY // 1000


def test_allowlist_deposit__per_account__is_a_fraction_on_a_base() -> None:
    assert fees.allowlist_deposit(0) == 4 * VFY
    assert fees.allowlist_deposit(3) == 4 * VFY + 3 * 68 * VFY // 1000


@pytest.mark.parametrize(
    ("size", "expected"), [(1, 0.10229), (3, 0.034297), (8, 0.01305), (32, 0.003488)]
)
def test_aggregation_hold__by_size__is_near_the_one_measured_on_the_genesis_runtime(
    size: int, expected: float
) -> None:
    """The genesis runtime's benchmarks differ by up to 2 % from the present ones."""
    assert _vfy(fees.aggregation_hold(size)) == pytest.approx(expected, rel=0.02)
