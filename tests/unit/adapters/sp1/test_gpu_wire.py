"""sp1-gpu-server's messages, byte by byte, and what is made of its answers."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zk_operator.adapters.sp1.errors import GpuProvingFailed, GpuServerUnreachable
from zk_operator.adapters.sp1.gpu.wire import (
    Acknowledged,
    ProofMade,
    SetupDone,
    destroy,
    framed,
    message_size,
    parse,
    prove,
    setup,
)
from zk_operator.adapters.sp1.saved_proof import Mode

KEY = b"\x07" * 32


def test_setup__an_elf__is_tag_length_and_bytes() -> None:
    assert setup(b"\x7fELF") == bytes.fromhex("00000000 0400000000000000 7f454c46")


def test_prove__by_position__names_mode_key_input_and_nonce() -> None:
    message = prove(mode=Mode.COMPRESSED, key=KEY, stdin=b"stdin", nonce=(5 << 96) + 9)
    assert message == struct.pack("<II", 1, 2) + KEY + b"stdin" + struct.pack("<4I", 9, 0, 0, 5)
    modes = [prove(mode=mode, key=KEY, stdin=b"", nonce=0)[4] for mode in list(Mode)[:4]]
    assert modes == [1, 2, 3, 4]


def test_destroy__a_key__is_tag_and_key() -> None:
    assert destroy(KEY) == bytes.fromhex("02000000") + KEY


def test_framed__any_message__has_its_length_first() -> None:
    assert framed(b"abc") == b"\x03\0\0\0abc"
    assert message_size(b"\x05\0\0\0") == 5


@pytest.mark.parametrize("prefix", [b"\0\0\0\0", b"\xff\xff\xff\xff"])
def test_message_size__impossible__is_refused(prefix: bytes) -> None:
    with pytest.raises(GpuProvingFailed):
        message_size(prefix)


def test_parse__each_answer__is_itself() -> None:
    assert parse(struct.pack("<I", 0)) == Acknowledged()
    assert parse(struct.pack("<I", 1) + KEY + bytes(104)) == SetupDone(key=KEY, vk=bytes(104))
    assert parse(struct.pack("<I", 2) + b"proof") == ProofMade(proof=b"proof")


@pytest.mark.parametrize("tag", [3, 4])
def test_parse__a_failure__keeps_the_servers_words(tag: int) -> None:
    text = b"out of memory"
    with pytest.raises(GpuProvingFailed, match="out of memory"):
        parse(struct.pack("<IQ", tag, len(text)) + text)


def test_parse__the_servers_goodbye__is_a_lost_connection() -> None:
    with pytest.raises(GpuServerUnreachable, match="closed"):
        parse(struct.pack("<I", 5))


@pytest.mark.parametrize("message", [struct.pack("<I", 9), struct.pack("<I", 1) + KEY, b"\1"])
def test_parse__unknown_or_short__is_a_failure(message: bytes) -> None:
    with pytest.raises(GpuProvingFailed):
        parse(message)


@given(st.binary(max_size=300))
def test_parse__random_bytes__decode_or_fail_clearly(message: bytes) -> None:
    with contextlib.suppress(GpuProvingFailed, GpuServerUnreachable):
        assert isinstance(parse(message), Acknowledged | SetupDone | ProofMade)
