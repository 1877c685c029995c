"""Event decoding, against web3's own decoder and against spoiled logs."""

import json
from importlib.resources import files
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from hypothesis import given, settings
from hypothesis import strategies as st
from web3 import Web3
from web3.types import LogReceipt

from zk_acts.domain.ids import Hash32
from zk_operator.adapters.evm.abi import contract_abi
from zk_operator.adapters.evm.event_codec import _BUILDERS, RawLog, decode_log
from zk_operator.domain.chain_event import (
    BatchSettled,
    CancelRequested,
    ChainEvent,
    LogRef,
    OrderPlaced,
    OrderRefunded,
    OrderRefused,
    OrderSettled,
    ProposedTerms,
    SectionSkipped,
    TermsChanged,
    TermsEvent,
    Undecodable,
)
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import ORDER_ABI, Order

AT = LogRef(block_number=7, block_hash=Hash32(b"b" * 32), tx_hash=Hash32(b"t" * 32), log_index=3)
MANAGER = Address(b"\x11" * 20)
ABI: list[Any] = json.loads(
    files("zk_operator.adapters.evm").joinpath("abi/OrderServiceManager.json").read_text()
)
FOLLOWED = [
    Hash32(topic)
    for topic, entry in contract_abi("OrderServiceManager").events.items()
    if entry.name in _BUILDERS
]
CONTRACT = Web3().eth.contract(abi=ABI)
hashes = st.binary(min_size=32, max_size=32)
words = st.integers(0, 2**256 - 1)


def orders() -> st.SearchStrategy[Order]:
    return st.builds(
        Order,
        owner=st.binary(min_size=20, max_size=20).map(Address),
        pool_id=hashes.map(PoolId),
        zero_for_one=st.booleans(),
        amount_in=st.integers(0, 2**128 - 1),
        min_out=st.integers(0, 2**128 - 1),
        deadline=st.integers(0, 2**40 - 1),
        salt=words,
    )


def raw_log(signature: str, topics: list[bytes], data: bytes) -> RawLog:
    heads = [keccak(text=signature), *topics]
    return RawLog(at=AT, address=MANAGER, topics=tuple(Hash32(topic) for topic in heads), data=data)


def by_web3(name: str, log: RawLog) -> dict[str, Any]:
    receipt = LogReceipt(
        address="0x" + log.address.hex(),  # type: ignore[typeddict-item]  # as nodes give it
        blockHash=HexBytes(AT.block_hash),
        blockNumber=AT.block_number,  # type: ignore[typeddict-item]  # a NewType over int
        data=HexBytes(log.data),
        logIndex=AT.log_index,
        topics=[HexBytes(topic) for topic in log.topics],
        transactionHash=HexBytes(AT.tx_hash),
        transactionIndex=0,
        removed=False,
    )
    return dict(CONTRACT.events[name]().process_log(receipt)["args"])


@settings(max_examples=60, deadline=None)
@given(order=orders(), order_id=hashes, index=st.integers(0, 2**32 - 1))
def test_decode_log__order_placed__agrees_with_web3(
    order: Order, order_id: bytes, index: int
) -> None:
    log = raw_log(
        f"NewTaskCreated(uint32,bytes32,{ORDER_ABI})",
        [index.to_bytes(32), order_id],
        encode([ORDER_ABI], [order.as_abi()]),
    )
    event = decode_log(log)
    assert event == OrderPlaced(at=AT, task_index=index, order_id=OrderId(order_id), order=order)
    theirs = by_web3("NewTaskCreated", log)
    assert theirs["order"]["amountIn"] == order.amount_in
    assert bytes.fromhex(theirs["order"]["owner"][2:]) == order.owner
    assert theirs["order"]["salt"] == order.salt


@settings(max_examples=40, deadline=None)
@given(key=hashes, other=hashes, amount=words, more=words, reason=st.binary(max_size=300))
def test_decode_log__every_followed_event__agrees_with_web3(
    key: bytes, other: bytes, amount: int, more: int, reason: bytes
) -> None:
    code, cancel_at = amount % 256, amount % 2**40
    cases: list[tuple[str, str, list[bytes], bytes, ChainEvent]] = [
        (
            "OrderRejected",
            "(bytes32,uint8)",
            [key],
            encode(["uint8"], [code]),
            OrderRefused(at=AT, order_id=OrderId(key), code=code),
        ),
        (
            "CancelRequested",
            "(bytes32,uint40)",
            [key],
            encode(["uint40"], [cancel_at]),
            CancelRequested(at=AT, order_id=OrderId(key), cancel_at=cancel_at),
        ),
        (
            "OrderRefunded",
            "(bytes32,uint256)",
            [key],
            encode(["uint256"], [amount]),
            OrderRefunded(at=AT, order_id=OrderId(key), amount=amount),
        ),
        (
            "OrderSettled",
            "(bytes32,uint256)",
            [key],
            encode(["uint256"], [amount]),
            OrderSettled(at=AT, order_id=OrderId(key), payout=amount),
        ),
        (
            "SectionSkipped",
            "(bytes32,bytes32,bytes)",
            [key, other],
            encode(["bytes"], [reason]),
            SectionSkipped(at=AT, key=Hash32(key), pool_id=PoolId(other), reason=reason),
        ),
        (
            "BatchSettled",
            "(bytes32,bytes32,uint256,uint256)",
            [key],
            encode(["bytes32", "uint256", "uint256"], [other, amount, more]),
            BatchSettled(at=AT, public_values_hash=Hash32(key), sections=amount, orders=more),
        ),
    ]
    for name, types, topics, data, expected in cases:
        log = raw_log(name + types, topics, data)
        assert decode_log(log) == expected
        assert by_web3(name, log)


CONFIG = (
    "(address,address,uint16,uint32,uint32)",
    ("0x" + "11" * 20, "0x" + "22" * 20, 5, 600, 86_400),
)
PROVING = (
    "(address,uint32,bytes32,bytes32,bytes32,bytes32)",
    ("0x" + "33" * 20, 3, b"h" * 32, b"v" * 32, b"r" * 32, b"s" * 32),
)


def test_decode_log__configuration_proposed__what_we_have_to_agree_with_and_when() -> None:
    types = [CONFIG[0], PROVING[0], "uint256"]
    data = encode(types, [CONFIG[1], PROVING[1], 1_800_000_000])
    log = raw_log(f"ConfigProposed(bytes32,{','.join(types)})", [b"c" * 32], data)
    proposed = ProposedTerms(
        change_id=Hash32(b"c" * 32),
        ready_at_s=1_800_000_000,
        zk_domain_id=3,
        groth16_program_vkey=Hash32(b"v" * 32),
        groth16_vk_hash=Hash32(b"h" * 32),
        groth16_recursion_root=Hash32(b"r" * 32),
    )
    assert decode_log(log) == TermsChanged(
        at=AT, kind=TermsEvent.PROPOSED, proposed=proposed, change_id=Hash32(b"c" * 32)
    )
    assert by_web3("ConfigProposed", log)["proving"]["recursionRoot"] == b"r" * 32


@pytest.mark.parametrize(
    ("name", "types", "topics", "data", "kind", "change_id"),
    [
        (
            "ConfigApplied",
            f"(bytes32,{CONFIG[0]})",
            [b"c" * 32],
            encode([CONFIG[0]], [CONFIG[1]]),
            TermsEvent.APPLIED,
            Hash32(b"c" * 32),
        ),
        ("ChangeCancelled", "(bytes32)", [b"c" * 32], b"", TermsEvent.WITHDRAWN, Hash32(b"c" * 32)),
        (
            "PoolSettingsApplied",
            "(bytes32,(uint128,uint128,uint16))",
            [b"p" * 32],
            encode(["(uint128,uint128,uint16)"], [(1, 2, 3)]),
            TermsEvent.POOL_APPLIED,
            None,
        ),
        ("PoolPaused", "(bytes32,bool)", [b"p" * 32], bytes(32), TermsEvent.POOL_APPLIED, None),
        ("Paused", "(address)", [], bytes(32), TermsEvent.PAUSED, None),
        ("Unpaused", "(address)", [], bytes(32), TermsEvent.UNPAUSED, None),
    ],
)
def test_decode_log__terms_changed__agrees_with_web3(
    name: str,
    types: str,
    topics: list[bytes],
    data: bytes,
    kind: TermsEvent,
    change_id: Hash32 | None,
) -> None:
    log = raw_log(name + types, topics, data)
    assert decode_log(log) == TermsChanged(at=AT, kind=kind, change_id=change_id)
    assert by_web3(name, log)


def test_decode_log__event_that_is_not_followed__is_none() -> None:
    log = raw_log("FeeAccrued(address,uint256)", [bytes(32)], bytes(32))
    assert decode_log(log) is None
    assert log.topics[0] not in FOLLOWED
    assert len(FOLLOWED) == 14


@pytest.mark.parametrize("topics", [(), (Hash32(b"?" * 32),)])
def test_decode_log__unknown_topic__is_undecodable(topics: tuple[Hash32, ...]) -> None:
    event = decode_log(RawLog(at=AT, address=MANAGER, topics=topics, data=b""))
    assert isinstance(event, Undecodable)
    assert event.at == AT


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=320), topics=st.lists(hashes, max_size=3))
def test_decode_log__any_content_under_a_known_topic__never_raises(
    data: bytes, topics: list[bytes]
) -> None:
    for topic in FOLLOWED:
        log = RawLog(
            at=AT, address=MANAGER, topics=(topic, *(Hash32(t) for t in topics)), data=data
        )
        event = decode_log(log)
        assert event is not None
        if isinstance(event, Undecodable):
            assert event.topic == topic
            assert event.detail


def spoiled() -> list[tuple[str, RawLog]]:
    order = Order(
        owner=Address(b"\x01" * 20),
        pool_id=PoolId(b"\x02" * 32),
        zero_for_one=True,
        amount_in=1,
        min_out=2,
        deadline=3,
        salt=4,
    )
    signature = f"NewTaskCreated(uint32,bytes32,{ORDER_ABI})"
    data = encode([ORDER_ABI], [order.as_abi()])
    topics = [(1).to_bytes(32), b"i" * 32]
    dirty_owner = b"\x01" + data[1:]
    dirty_bool = data[:95] + b"\x02" + data[96:]
    wide_amount = data[:96] + b"\x01" + data[97:]
    return [
        ("truncated", raw_log(signature, topics, data[:-1])),
        ("longer", raw_log(signature, topics, data + bytes(32))),
        ("dirty owner", raw_log(signature, topics, dirty_owner)),
        ("dirty bool", raw_log(signature, topics, dirty_bool)),
        ("wide amount", raw_log(signature, topics, wide_amount)),
        ("topic missing", raw_log(signature, topics[:1], data)),
        ("topic too many", raw_log(signature, [*topics, b"x" * 32], data)),
        ("wide index", raw_log(signature, [b"\x01" * 32, b"i" * 32], data)),
        ("empty", raw_log(signature, topics, b"")),
    ]


@pytest.mark.parametrize(("_name", "log"), spoiled())
def test_decode_log__spoiled_order__is_undecodable(_name: str, log: RawLog) -> None:
    event = decode_log(log)
    assert isinstance(event, Undecodable)
    assert event.detail.startswith("NewTaskCreated")
