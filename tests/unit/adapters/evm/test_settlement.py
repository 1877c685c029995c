"""Views and calls of the settlement contracts."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from tests.unit.adapters.evm.conftest import CHAIN_ID, ScriptedTransport, pool_of

from zk_acts.domain.details import Aggregation
from zk_acts.domain.ids import Hash32, Statement
from zk_operator.adapters.evm.abi import CONTRACTS, contract_abi
from zk_operator.adapters.evm.errors import RpcError
from zk_operator.adapters.evm.settlement_calls import ManagerCalls
from zk_operator.adapters.evm.settlement_reader import (
    EvmContractView,
    EvmSettlementReader,
    SettlementContracts,
)
from zk_operator.adapters.signing.evm import EvmSigner, Transaction
from zk_operator.domain.chain_event import BlockRef
from zk_operator.domain.failures import (
    CallReverted,
    ContractMismatch,
    MalformedAnswer,
    NoContractCode,
)
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import ORDER_ABI, Order, SigningDomain
from zk_operator.domain.records import OnchainStatus
from zk_operator.domain.section import SECTION_ABI, Section
from zk_operator.ports.chain import Call, OnchainOrder, PoolTerms
from zkverify_client.domain.receipt import AggregationReceipt

MANAGER, HOOK, QUOTER = (Address(bytes([n]) * 20) for n in (1, 2, 3))
ZKVERIFY, VERIFIER, SIGNER = (Address(bytes([n]) * 20) for n in (4, 5, 6))
TOKEN0, TOKEN1 = Address(bytes(20)), Address(b"\x08" * 20)
POOL = PoolId(b"\x09" * 32)
RECEIPTS = Address(b"\x07" * 20)
CONFIG = ("0x" + RECEIPTS.hex(), "0x" + VERIFIER.hex(), 5, 600, 86_400)
PROVING = ("0x" + ZKVERIFY.hex(), 12, b"h" * 32, b"p" * 32, b"r" * 32, bytes(32))
POOL_KEY = ("0x" + TOKEN0.hex(), "0x" + TOKEN1.hex(), 3000, 60, "0x" + HOOK.hex())
Answer = Callable[..., Sequence[object]]


class Contracts(ScriptedTransport):
    """Contracts by function name, behind eth_call."""

    def __init__(self, **functions: object) -> None:
        super().__init__("one", eth_call=self._call, eth_getCode="0x60")
        domain = SigningDomain(chain_id=CHAIN_ID, manager=MANAGER)
        self.functions: dict[str, object] = {
            "hook": ["0x" + HOOK.hex()],
            "config": [CONFIG],
            "paused": [False],
            "domainSeparator": [domain.separator],
            "proving": [PROVING],
            "weightOf": [10],
            "threshold": [10],
            "poolKey": [POOL_KEY],
            "poolSettings": [(100, 200, 500)],
            "isPoolPaused": [False],
        } | functions
        self.called: list[str] = []
        self.blocks = {HEAD.hash}

    def _call(self, request: dict[str, str], block: object) -> object:
        assert block in [
            {"blockHash": "0x" + each.hex(), "requireCanonical": True} for each in self.blocks
        ]
        calldata = bytes.fromhex(request["data"][2:])
        for contract in CONTRACTS:
            for entry in contract_abi(contract).functions.values():
                if entry.selector == calldata[:4] and entry.name in self.functions:
                    self.called.append(entry.name)
                    answer: Any = self.functions[entry.name]
                    if callable(answer):
                        answer = answer(*decode(entry.types, calldata[4:]))
                    if isinstance(answer, Exception | str):
                        return answer
                    return "0x" + encode(entry.outputs, answer).hex()
        return RpcError(method="eth_call", number=3, text="execution reverted", data="0x")


LATER = BlockRef(number=10, hash=Hash32(b"L" * 32), parent_hash=Hash32(b"H" * 32), timestamp=2)
HEAD = BlockRef(number=9, hash=Hash32(b"H" * 32), parent_hash=Hash32(bytes(32)), timestamp=1)


def reader_of(contracts: Contracts) -> EvmContractView:
    return EvmSettlementReader(
        pool=pool_of(contracts),
        contracts=SettlementContracts(manager=MANAGER, quoter=QUOTER),
        signer=SIGNER,
    ).at(HEAD)


async def test_terms__deployed__has_every_field() -> None:
    terms = await reader_of(Contracts()).terms()
    assert terms.signing_domain == SigningDomain(chain_id=CHAIN_ID, manager=MANAGER)
    assert (terms.hook, terms.zkverify, terms.zk_domain_id) == (HOOK, ZKVERIFY, 12)
    assert terms.groth16_vk_hash == b"h" * 32
    assert terms.groth16_program_vkey == b"p" * 32
    assert terms.groth16_recursion_root == b"r" * 32
    assert (terms.fee_bps, terms.cancel_delay_s, terms.max_order_span_s) == (5, 600, 86_400)
    assert terms.allowed_signer
    assert not terms.paused


@pytest.mark.parametrize(
    ("weight", "threshold", "allowed"), [(0, 1, False), (5, 6, False), (6, 6, True)]
)
async def test_terms__weight_of_the_signer__decides_whether_it_signs_alone(
    weight: int, threshold: int, allowed: bool
) -> None:
    contracts = Contracts(weightOf=[weight], threshold=[threshold])
    terms = await reader_of(contracts).terms()
    assert (terms.allowed_signer, terms.signer_weight) == (allowed, weight)


async def test_terms__address_without_code__is_fatal() -> None:
    contracts = Contracts()
    contracts.answers["eth_getCode"] = "0x"
    with pytest.raises(NoContractCode, match="0x0101"):
        await reader_of(contracts).terms()


async def test_terms__another_signing_domain__is_a_mismatch() -> None:
    with pytest.raises(ContractMismatch):
        await reader_of(Contracts(domainSeparator=[b"x" * 32])).terms()


async def test_pool__known__is_read_once() -> None:
    contracts = Contracts()
    reader = reader_of(contracts)
    terms = await reader.pool(POOL)
    assert terms == PoolTerms(
        pool_id=POOL,
        currency0=TOKEN0,
        currency1=TOKEN1,
        min_size0=100,
        min_size1=200,
        max_price_deviation_bps=500,
    )
    assert await reader.pool(POOL) == terms
    assert contracts.called.count("poolKey") == 1


async def test_pool__paused__nothing_settles_in_it() -> None:
    terms = await reader_of(Contracts(isPoolPaused=[True])).pool(POOL)
    assert terms is not None
    assert (terms.min_size0, terms.max_price_deviation_bps) == (100, 0)


async def test_pool__terms_change_in_a_later_block__each_block_has_its_own() -> None:
    contracts = Contracts()
    reader = EvmSettlementReader(
        pool=pool_of(contracts),
        contracts=SettlementContracts(manager=MANAGER, quoter=QUOTER),
        signer=SIGNER,
    )
    before = await reader.at(HEAD).pool(POOL)
    contracts.functions["poolSettings"] = [(1, 2, 500)]
    contracts.blocks = {LATER.hash}
    after = await reader.at(LATER).pool(POOL)
    assert before is not None
    assert after is not None
    assert (before.min_size0, after.min_size0) == (100, 1)


async def test_pool__hook_does_not_know_it__is_none_and_asked_again() -> None:
    nothing = ("0x" + "00" * 20, "0x" + "00" * 20, 0, 0, "0x" + "00" * 20)
    contracts = Contracts(poolKey=[nothing])
    reader = reader_of(contracts)
    assert await reader.pool(POOL) is None
    contracts.functions["poolKey"] = [POOL_KEY]
    assert await reader.pool(POOL) is not None


async def test_pool_price__as_the_hook_says() -> None:
    contracts = Contracts(poolPriceX128=lambda pool_id: [2**129 if pool_id == POOL else 0])
    assert await reader_of(contracts).pool_price(POOL) == 2**129


async def test_pool_price__unknown_pool__is_reverted() -> None:
    with pytest.raises(CallReverted, match="poolPriceX128"):
        await reader_of(Contracts()).pool_price(POOL)


async def test_quote_remainder__simulated__is_the_output() -> None:
    contracts = Contracts(
        quoteRemainder=lambda _pool, price, side, amount: [amount * price if side else 1]
    )
    reader = reader_of(contracts)
    asked = {"price_x128": 2, "amount_in": 21}
    assert await reader.quote_remainder(POOL, zero_for_one=True, **asked) == 42
    assert await reader.quote_remainder(POOL, zero_for_one=False, **asked) == 1


async def test_quote_remainder__pool_cannot_fill_it__is_zero() -> None:
    reader = reader_of(Contracts())
    found = await reader.quote_remainder(POOL, price_x128=1, zero_for_one=True, amount_in=1)
    assert found == 0


async def test_order_states__more_than_one_call_holds__come_in_the_asked_order() -> None:
    ids = [OrderId(number.to_bytes(32)) for number in range(1201)]

    def states(asked: Sequence[bytes]) -> Sequence[object]:
        numbers = [int.from_bytes(each) for each in asked]
        return [[number % 4 for number in numbers], numbers]

    contracts = Contracts(orderStates=states)
    found = await reader_of(contracts).order_states(ids)
    assert found == [
        OnchainOrder(order_id=each, status=OnchainStatus(number % 4), cancel_at_s=number)
        for number, each in enumerate(ids)
    ]
    assert contracts.called.count("orderStates") == 3


async def test_order_states__answers_for_fewer__is_malformed() -> None:
    with pytest.raises(MalformedAnswer):
        await reader_of(Contracts(orderStates=[[1], [0]])).order_states([OrderId(bytes(32))] * 2)


async def test_order_states__a_status_that_does_not_exist__is_malformed() -> None:
    with pytest.raises(MalformedAnswer):
        await reader_of(Contracts(orderStates=[[5], [0]])).order_states([OrderId(bytes(32))])


async def test_order_states__none_asked__asks_nothing() -> None:
    contracts = Contracts()
    assert await reader_of(contracts).order_states([]) == []
    assert contracts.asked == []


async def test_aggregation_root__posted_or_not__is_hash_or_none() -> None:
    roots = {7: b"R" * 32}
    contracts = Contracts(proofsAggregations=lambda _domain, number: [roots.get(number, bytes(32))])
    reader = reader_of(contracts)
    assert await reader.aggregation_root(12, 7) == b"R" * 32
    assert await reader.aggregation_root(12, 8) is None


async def test_aggregation_root__asked_for_again__the_receipt_verifiers_own_facts_are_known() -> (
    None
):
    contracts = Contracts(proofsAggregations=lambda *_: [bytes(32)])
    reader = reader_of(contracts)
    await reader.aggregation_root(12, 7)
    contracts.called.clear()
    await reader.aggregation_root(12, 7)
    assert contracts.called == ["config", "proofsAggregations"]


async def test_terms__another_answer_than_before__is_believed_and_not_what_is_known() -> None:
    contracts = Contracts()
    reader = reader_of(contracts)
    before = await reader.terms()
    contracts.functions["proving"] = [(PROVING[0], PROVING[1] + 1, *PROVING[2:])]
    assert (await reader.terms()).zk_domain_id == before.zk_domain_id + 1


async def test_sections_settled__dry_run_at_the_block__says_how_many() -> None:
    contracts = Contracts(respondToBatch=lambda *_: [2])
    data = (
        contract_abi("OrderServiceManager")
        .functions["respondToBatch"]
        .encode_call([b"v", [], [], (0, 1, 2, [], 1, 0), b"c"])
    )
    assert await reader_of(contracts).sections_settled(Call(to=MANAGER, data=data)) == 2
    assert contracts.called == ["respondToBatch"]


@pytest.mark.parametrize("sections", [0, 2])
async def test_is_useful__response__where_it_would_settle_a_section(sections: int) -> None:
    contracts = Contracts(respondToBatch=lambda *_: [sections])
    call = Call(
        to=MANAGER,
        data=contract_abi("OrderServiceManager")
        .functions["respondToBatch"]
        .encode_call([b"v", [], [], (0, 1, 2, [], 1, 0), b"c"]),
    )
    assert await reader_of(contracts).is_useful(call) is bool(sections)


async def test_is_useful__refund__where_it_would_not_revert() -> None:
    call = ManagerCalls(manager=MANAGER).refund([ORDER])
    assert await reader_of(Contracts(refund=[1])).is_useful(call)
    assert not await reader_of(Contracts()).is_useful(call)


def test_of__a_signed_transaction__is_the_call_that_was_signed() -> None:
    calls = ManagerCalls(manager=MANAGER)
    call = calls.refund([ORDER])
    signed = EvmSigner(b"\x01" * 32).sign_transaction(
        Transaction(
            chain_id=31337, nonce=7, to=call.to, data=call.data, value=3, gas=9, fee_cap=2, tip=1
        )
    )
    assert calls.of(signed.raw) == Call(to=MANAGER, data=call.data, value=3)


@pytest.mark.parametrize("answer", ["0x", "0x12", "zz"])
async def test_view__result_that_does_not_decode__is_malformed(answer: str) -> None:
    with pytest.raises(MalformedAnswer):
        await reader_of(Contracts(poolPriceX128=answer)).pool_price(POOL)


ORDER = Order(
    owner=SIGNER,
    pool_id=POOL,
    zero_for_one=True,
    amount_in=2**128 - 1,
    min_out=1,
    deadline=2**40 - 1,
    salt=2**256 - 1,
)


def arguments_of(call: Call, function: str) -> tuple[Any, ...]:
    entry = contract_abi("OrderServiceManager").functions[function]
    assert call.to == MANAGER
    assert call.value == 0
    assert call.data[:4] == entry.selector
    return decode(entry.types, call.data[4:])


def test_respond__decoded__holds_what_was_given() -> None:
    section = Section(
        pool_id=POOL,
        price_x128=2**128,
        remainder_zero_for_one=True,
        remainder_in=3,
        min_out=2,
        fee_bps=5,
        order_ids=(OrderId(b"\x0a" * 32),),
    )
    receipt = AggregationReceipt(
        aggregation=Aggregation(
            statement=Statement(b"s" * 32),
            domain_id=12,
            aggregation_id=99,
            block_number=1,
            block_hash=Hash32(bytes(32)),
        ),
        root=Hash32(b"R" * 32),
        path=(Hash32(b"a" * 32), Hash32(b"b" * 32)),
        leaf_count=4,
        index=3,
    )
    call = ManagerCalls(manager=MANAGER).respond(
        public_values=b"v" * 192,
        sections=[section],
        orders=[ORDER],
        receipt=receipt,
        proof_nonce=77,
        certificate=b"cert",
    )
    values, sections, orders, proof, certificate = arguments_of(call, "respondToBatch")
    assert values == b"v" * 192
    assert encode([f"{SECTION_ABI}[]"], [sections]) == encode(
        [f"{SECTION_ABI}[]"], [[section.as_abi()]]
    )
    assert encode([f"{ORDER_ABI}[]"], [orders]) == encode([f"{ORDER_ABI}[]"], [[ORDER.as_abi()]])
    assert proof == (0, 77, 99, (b"a" * 32, b"b" * 32), 4, 3)
    assert certificate == b"cert"


def test_refund__decoded__holds_the_orders() -> None:
    (orders,) = arguments_of(ManagerCalls(manager=MANAGER).refund([ORDER, ORDER]), "refund")
    assert len(orders) == 2
    assert orders[0][3:] == (2**128 - 1, 1, 2**40 - 1, 2**256 - 1)


def test_nothing__is_an_empty_call() -> None:
    assert ManagerCalls(manager=MANAGER).nothing(SIGNER) == Call(to=SIGNER, data=b"")
