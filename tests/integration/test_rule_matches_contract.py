"""The Python rule against the compiled contract: golden cases and random batches, byte for byte."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak
from pyrevm import EVM

from zk_acts.domain.ids import parse_hex
from zk_operator.domain.batch_rule import SectionOutcome, check_section, remainder_of, weigh
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import MAX_UINT128, ORDER_ABI, Order, SigningDomain, order_id
from zk_operator.domain.public_values import PublicValues, public_values_of, settlement_hash
from zk_operator.domain.rule_errors import RuleViolation
from zk_operator.domain.section import SECTION_ABI, Section
from zkverify_client.domain.merkle import merkle_path, root_of_path
from zkverify_client.domain.statement import sp1_groth16_statement, sp1_public_inputs, sp1_statement

ROOT = Path(__file__).parents[2]
ARTIFACT = ROOT / "avs-contracts" / "out" / "BatchRuleHarness.sol" / "BatchRuleHarness.json"
RULE_CASES = ROOT / "tests" / "vectors" / "rule"
CALLER = "0x0000000000000000000000000000000000000001"
Q = 1 << 128
UNTIL = 1_900_000_000
MANAGER = Address(b"\x4d" * 20)
DOMAIN = SigningDomain(chain_id=31337, manager=MANAGER)

# what the rule library decides; ids and their order are the manager's part
LIBRARY_REFUSALS = ("bad_",)


class Harness:
    """The compiled contract in an in-process EVM."""

    def __init__(self, creation_code: bytes) -> None:
        self._evm = EVM()
        self._address = self._evm.deploy(CALLER, creation_code)

    def call(self, name: str, inputs: Sequence[str], values: Sequence[Any]) -> bytes:
        """The answer; RuntimeError where the contract reverts."""
        selector = keccak(text=f"{name}({','.join(inputs)})")[:4]
        data = selector + encode(inputs, values)
        return bytes(self._evm.message_call(caller=CALLER, to=self._address, calldata=data))

    def payouts(
        self, section: Section, orders: Sequence[Order], swap: int, until: int
    ) -> tuple[list[int], int, int]:
        """Net payouts, ledger0, ledger1."""
        raw = self.call(
            "payouts",
            [SECTION_ABI, f"{ORDER_ABI}[]", "uint256", "uint256"],
            [section.as_abi(), [order.as_abi() for order in orders], swap, until],
        )
        nets, ledger0, ledger1 = decode(["uint256[]", "uint256", "uint256"], raw)
        return list(nets), ledger0, ledger1

    def word(self, name: str, inputs: Sequence[str], values: Sequence[Any]) -> bytes:
        """An answer of one bytes32."""
        return self.call(name, inputs, values)[:32]

    def public_values(self, sections: Sequence[Section], until: int) -> bytes:
        """Assembled by the contract from its own hashes."""
        ids = [listed for section in sections for listed in section.order_ids]
        root = self.word("ordersRoot", ["bytes32[]"], [ids])
        encoded = [section.as_abi() for section in sections]
        settlement = self.word("settlementHash", [f"{SECTION_ABI}[]"], [encoded])
        inputs = ["uint256", "address", "bytes32", "bytes32", "uint256"]
        raw = self.call("publicValuesOf", inputs, [31337, MANAGER, root, settlement, until])
        (values,) = decode(["bytes"], raw)
        assert isinstance(values, bytes)
        return values


@pytest.fixture(scope="module")
def harness() -> Harness:
    if not ARTIFACT.exists():
        pytest.skip(f"the contracts are not built: no {ARTIFACT.relative_to(ROOT)}")
    return Harness(bytes.fromhex(json.loads(ARTIFACT.read_text())["bytecode"]["object"][2:]))


def order_from(item: dict[str, Any]) -> Order:
    return Order(
        owner=Address(parse_hex(item["owner"], 20)),
        pool_id=PoolId(parse_hex(item["pool_id"], 32)),
        zero_for_one=item["zero_for_one"],
        amount_in=int(item["amount_in"]),
        min_out=int(item["min_out"]),
        deadline=int(item["deadline"]),
        salt=int(item["salt"]),
    )


def section_from(item: dict[str, Any]) -> Section:
    return Section(
        pool_id=PoolId(parse_hex(item["pool_id"], 32)),
        price_x128=int(item["price_x128"]),
        remainder_zero_for_one=item["remainder_zero_for_one"],
        remainder_in=int(item["remainder_in"]),
        min_out=int(item["min_out"]),
        fee_bps=int(item["fee_bps"]),
        order_ids=tuple(OrderId(parse_hex(listed, 32)) for listed in item["order_ids"]),
    )


def cases() -> Iterator[dict[str, Any]]:
    for path in sorted(RULE_CASES.glob("*.json")):
        yield json.loads(path.read_text())


def parts(case: dict[str, Any]) -> Iterator[tuple[Section, list[Order], int]]:
    orders = [order_from(item) for item in case["orders"]]
    start = 0
    for item, swap in zip(case["sections"], case["swap_outputs"], strict=True):
        section = section_from(item)
        end = start + len(section.order_ids)
        yield section, orders[start:end], int(swap)
        start = end


@pytest.mark.parametrize(
    "case",
    [case for case in cases() if "error" not in case["expect"]],
    ids=lambda case: case["name"],
)
def test_contract__golden_case__gives_the_same_bytes(
    harness: Harness, case: dict[str, Any]
) -> None:
    expected, until = case["expect"], int(case["valid_until"])
    for item in case["orders"]:
        inputs = [ORDER_ABI, "uint256", "address"]
        values = [order_from(item).as_abi(), 31337, MANAGER]
        assert harness.word("orderId", inputs, values) == parse_hex(item["id"], 32)
    sections = [section_from(item) for item in case["sections"]]
    assert harness.public_values(sections, until) == parse_hex(expected["public_values"], 192)
    for index, (section, orders, swap) in enumerate(parts(case)):
        for output, key in ((section.min_out, "at_min_out"), (swap, "at_swap_outputs")):
            result = expected[key][index]
            assert harness.payouts(section, orders, output, until) == (
                [int(payout["net"]) for payout in result["payouts"]],
                int(result["ledger0"]),
                int(result["ledger1"]),
            )


@pytest.mark.parametrize(
    "case",
    [case for case in cases() if case["name"].startswith(LIBRARY_REFUSALS)],
    ids=lambda case: case["name"],
)
def test_contract__golden_case_with_a_defect__refuses(
    harness: Harness, case: dict[str, Any]
) -> None:
    ((section, orders, swap),) = parts(case)
    with pytest.raises(RuntimeError, match="Revert"):
        harness.payouts(section, orders, swap, int(case["valid_until"]))


def _amount(random: Random) -> int:
    return min(random.randrange(1, 10 ** random.randrange(1, 37)), MAX_UINT128 // 16)


def _price(random: Random) -> int:
    return random.randrange(1, 1 << random.randrange(1, 257))


def _batch(random: Random) -> tuple[Section, list[Order], int]:
    pool, price = PoolId(random.randbytes(32)), _price(random)
    orders = [
        Order(
            owner=Address(random.randbytes(20)),
            pool_id=pool,
            zero_for_one=random.random() < 0.5,
            amount_in=_amount(random),
            min_out=0,
            deadline=UNTIL + random.randrange(10**6),
            salt=random.getrandbits(256),
        )
        for _ in range(random.randrange(1, 13))
    ]
    orders.sort(key=lambda order: order_id(order, DOMAIN))
    sides = weigh(orders, price)
    remainder = remainder_of(orders, sides, price)
    floor = random.randrange(1 << random.randrange(1, 128)) if remainder else 0
    section = Section(
        pool_id=pool,
        price_x128=price,
        remainder_zero_for_one=sides.heavy_is_zero,
        remainder_in=remainder,
        min_out=floor,
        fee_bps=random.choice([0, 1, 30, 9_999, 10_000, random.randrange(10_001)]),
        order_ids=tuple(order_id(order, DOMAIN) for order in orders),
    )
    return section, orders, random.randrange(floor, MAX_UINT128 + 1) if remainder else 0


def _summary(outcome: SectionOutcome) -> tuple[list[int], int, int]:
    return [payout.net for payout in outcome.payouts], outcome.ledger0, outcome.ledger1


@pytest.mark.parametrize("seed", range(20))
def test_contract__random_batches__give_the_same_bytes(harness: Harness, seed: int) -> None:
    random = Random(f"rule/{seed}")
    batches = sorted((_batch(random) for _ in range(5)), key=lambda batch: batch[0].pool_id)
    for section, orders, swap in batches:
        expected = _summary(check_section(section, orders, swap_output=swap))
        assert harness.payouts(section, orders, swap, UNTIL) == expected
        inputs = [ORDER_ABI, "uint256", "address"]
        for listed, order in zip(section.order_ids, orders, strict=True):
            assert harness.word("orderId", inputs, [order.as_abi(), 31337, MANAGER]) == listed
    sections = [section for section, _, _ in batches]
    values = public_values_of(sections, chain_id=31337, manager=MANAGER, valid_until=UNTIL)
    assert harness.public_values(sections, UNTIL) == values.encode()
    assert PublicValues.decode(values.encode()).settlement_hash == settlement_hash(sections)


@pytest.mark.parametrize("seed", range(20))
def test_contract__random_defects__refused_by_both_or_by_neither(
    harness: Harness, seed: int
) -> None:
    random = Random(f"defect/{seed}")
    for _ in range(5):
        section, orders, swap = _batch(random)
        net = check_section(section, orders, swap_output=swap).payouts
        at = random.randrange(len(orders))
        limit = min(max(net[at].net + random.choice([-1, 0, 1]), 0), MAX_UINT128)
        orders[at] = Order(**{**_fields(orders[at]), "min_out": limit})
        try:
            expected = _summary(check_section(section, orders, swap_output=swap))
        except RuleViolation:
            with pytest.raises(RuntimeError, match="Revert"):
                harness.payouts(section, orders, swap, UNTIL)
        else:
            assert harness.payouts(section, orders, swap, UNTIL) == expected


def _fields(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in Order.__slots__}


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 8, 13])
def test_contract__merkle_paths__lead_to_the_same_root(harness: Harness, count: int) -> None:
    leaves = [keccak(bytes([number])) for number in range(count)]
    for index, leaf in enumerate(leaves):
        path = merkle_path(leaves, index)
        inputs = ["bytes32", "bytes32[]", "uint256", "uint256"]
        found = harness.word("rootOfPath", inputs, [leaf, path, count, index])
        assert found == root_of_path(path, count, index, leaf)


@pytest.mark.parametrize("nonce", [0, 1, 2**128 + 7])
def test_contract__statements__are_the_same(harness: Harness, nonce: int) -> None:
    vk_hash, vkey, root, values = (
        keccak(b"vk"),
        b"\x00" + b"\x5a" * 31,
        b"\x00" + b"\x21" * 31,
        b"pv",
    )
    inputs = sp1_public_inputs(
        program_vkey=vkey, public_values=values, recursion_root=root, nonce=nonce
    )
    types = ["bytes32", "bytes32", "bytes", "bytes32", "uint256"]
    found = harness.word("groth16Statement", types, [vk_hash, vkey, values, root, nonce])
    assert found == sp1_groth16_statement(vk_hash, inputs)
    assert harness.word("sp1Statement", ["bytes32", "bytes"], [vkey, values]) == sp1_statement(
        vkey, values
    )
