"""Ledger, faults, bincode and artifacts of the prover-network dev server."""

import grpc
import pytest
import zstandard

from zk_devnet.prover_network.artifacts import ArtifactStore, plain
from zk_devnet.prover_network.bincode import Groth16Blob, decode_program, decode_stdin
from zk_devnet.prover_network.errors import BincodeMalformed, CallRefused
from zk_devnet.prover_network.faults import ALWAYS, Fault, Faults
from zk_devnet.prover_network.ledger import Ledger

ALICE, BOB = b"\x01" * 20, b"\x02" * 20


def test_ledger__nonce__is_consumed_once_and_in_order() -> None:
    ledger = Ledger(balances={}, default_balance=0)
    ledger.use_nonce(ALICE, 0)
    for wrong in (0, 2):
        with pytest.raises(CallRefused, match=f"expected 1, got {wrong}") as caught:
            ledger.use_nonce(ALICE, wrong)
        assert caught.value.status is grpc.StatusCode.UNAVAILABLE
    assert ledger.account(BOB).nonce == 0


def test_ledger__reserved__is_charged_and_the_rest_freed() -> None:
    ledger = Ledger(balances={ALICE: 100}, default_balance=5)
    ledger.reserve(ALICE, 70)
    with pytest.raises(CallRefused, match="30 available, 31 needed"):
        ledger.reserve(ALICE, 31)
    ledger.settle(ALICE, reserved=70, cost=10)
    account = ledger.account(ALICE)
    assert (account.balance, account.reserved) == (90, 0)
    assert ledger.account(BOB).balance == 5


def test_faults__armed_twice__strikes_twice() -> None:
    faults = Faults()
    faults.arm(Fault.DOWN, count=2)
    assert [faults.take(Fault.DOWN) for _ in range(3)] == [True, True, False]


def test_faults__always__strikes_until_cleared() -> None:
    faults = Faults()
    faults.arm(Fault.SLOW_ARTIFACTS, count=ALWAYS, delay_s=1.5)
    assert [faults.delay_s(Fault.SLOW_ARTIFACTS) for _ in range(3)] == [1.5] * 3
    faults.clear()
    assert faults.delay_s(Fault.SLOW_ARTIFACTS) == 0


def test_faults__for_a_request__takes_only_those_of_requests() -> None:
    faults = Faults()
    for fault in (Fault.NO_BIDS, Fault.DOWN, Fault.TRUNCATED_PROOF):
        faults.arm(fault)
    assert faults.take_for_request() == {Fault.NO_BIDS, Fault.TRUNCATED_PROOF}
    assert list(faults.as_dict()) == ["down"]


def test_bincode__the_sdks_stdin__decodes() -> None:
    data = bytes.fromhex("01" + "00" * 7 + "04" + "00" * 7 + "e8030000" + "00" * 16)
    assert decode_stdin(data) == [(1000).to_bytes(4, "little")]


@pytest.mark.parametrize(
    "data",
    [b"", b"\x01", b"\xff" * 8, b"\x00" * 16 + b"\x01" + b"\x00" * 7, b"\x01" + b"\x00" * 7],
    ids=["empty", "short", "wild count", "with proofs", "missing buffer"],
)
def test_bincode__no_stdin__is_refused(data: bytes) -> None:
    with pytest.raises(BincodeMalformed):
        decode_stdin(data)


def test_bincode__program__is_counted_bytes() -> None:
    assert decode_program(b"\x03" + b"\x00" * 7 + b"elf") == b"elf"
    with pytest.raises(BincodeMalformed):
        decode_program(b"\x04" + b"\x00" * 7 + b"elf")


def test_bincode__groth16__has_the_layout_of_the_table() -> None:
    data = Groth16Blob(
        public_inputs=(1, 22, 0, 4, 5),
        encoded_proof=b"\xab",
        raw_proof=b"\xcd",
        vkey_hash=b"\x11" * 32,
        public_values=b"pv",
        sp1_version="v6.1.0",
    ).encode()

    def counted(text: bytes) -> bytes:
        return len(text).to_bytes(8, "little") + text

    assert data == (
        b"\x03\x00\x00\x00"
        + b"".join(counted(text) for text in (b"1", b"22", b"0", b"4", b"5", b"ab", b"cd"))
        + b"\x11" * 32
        + counted(b"pv")
        + counted(b"v6.1.0")
    )


def test_artifacts__created__are_found_by_their_uri_only() -> None:
    store = ArtifactStore()
    store.base_url = "http://here"
    uri, upload = store.create(2)
    assert upload.startswith(uri + "?X-Signature=")
    assert store.find_uri(uri).content is None
    for unknown in (uri + "x", "http://elsewhere/artifacts/stdins/1", ""):
        with pytest.raises(KeyError):
            store.find_uri(unknown)
    with pytest.raises(KeyError):
        store.create(0)


def test_artifacts__content__is_plain_whether_compressed_or_not() -> None:
    data = b"payload" * 100
    assert plain(data) == data
    assert plain(zstandard.ZstdCompressor(level=3).compress(data)) == data
    streamed = zstandard.ZstdCompressor(level=3).compressobj()
    assert plain(streamed.compress(data) + streamed.flush()) == data
    frame = zstandard.ZstdCompressor(level=3).compress(data)
    for damaged in (frame[:-1], frame[:4] + b"\xff" * 10):
        with pytest.raises(BincodeMalformed):
            plain(damaged)
