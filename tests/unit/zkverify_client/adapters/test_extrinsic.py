"""Our extrinsics against those of substrate-interface, byte for byte."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scalecodec.base import ScaleBytes
from substrateinterface import Keypair, SubstrateInterface

from zk_acts.domain.ids import Hash32, hex0x
from zkverify_client.adapters.errors import MalformedChainAnswer, RuntimeUnsupported
from zkverify_client.adapters.extrinsic import (
    Terms,
    assemble,
    call_of,
    extrinsic_hash,
    sign,
    signing_payload,
)
from zkverify_client.adapters.runtime import Runtime
from zkverify_client.signing.signer import ZkVerifySigner

GENESIS = Hash32(b"\x0a" * 32)
BIRTH = Hash32(b"\x0b" * 32)
SIGNATURE = bytes(range(64))
TERMS = Terms(genesis_hash=GENESIS, nonce=7, tip=5, birth_block=1000, birth_hash=BIRTH, period=64)


class Offline(SubstrateInterface):  # type: ignore[misc]
    """substrate-interface without a node: only its codec."""

    def __init__(self, runtime: Runtime) -> None:
        self.metadata = runtime._metadata
        self.runtime_config = runtime._config
        self.runtime_version = runtime.version.spec_version
        self.transaction_version = runtime.version.transaction_version

    def get_block_hash(self, block_id: int | None = None) -> str:
        return hex0x(BIRTH if block_id else GENESIS)

    def init_runtime(self, block_hash: Any = None, block_id: Any = None) -> None:
        return


def _remark(runtime: Runtime, size: int) -> Any:
    call = runtime._config.create_scale_object("Call", metadata=runtime._metadata)
    call.encode(
        {
            "call_module": "System",
            "call_function": "remark",
            "call_args": {"remark": "0x" + "61" * size},
        }
    )
    return call


@settings(deadline=None, max_examples=30)
@given(
    nonce=st.integers(0, 2**32 - 1),
    tip=st.integers(0, 10**20),
    birth=st.integers(64, 2**31),
    size=st.sampled_from([0, 10, 100, 300]),
)
def test_sign__any_terms__is_what_substrate_interface_makes(
    nonce: int, tip: int, birth: int, size: int, runtime: Runtime, signer: ZkVerifySigner
) -> None:
    theirs = Offline(runtime)
    call = _remark(runtime, size)
    raw_call = bytes(call.data.data)
    terms = Terms(
        genesis_hash=GENESIS, nonce=nonce, tip=tip, birth_block=birth, birth_hash=BIRTH, period=64
    )
    era = {"period": 64, "current": birth}
    payload = theirs.generate_signature_payload(call, era=era, nonce=nonce, tip=tip)
    assert signing_payload(runtime, raw_call, terms) == bytes(payload.data)

    keypair = Keypair(public_key=bytes(signer.public_key), ss58_format=251)
    extrinsic = theirs.create_signed_extrinsic(
        call,
        keypair,
        era={"period": 64, "current": birth},
        nonce=nonce,
        tip=tip,
        signature=SIGNATURE,
    )
    ours = assemble(runtime, raw_call, terms, account=signer.public_key, signature=SIGNATURE)
    assert ours.raw == bytes(extrinsic.data.data)
    assert ours.hash == bytes(extrinsic.extrinsic_hash)
    assert call_of(runtime, ours.raw) == raw_call


def test_sign__a_real_key__verifies_over_the_payload(
    runtime: Runtime, signer: ZkVerifySigner
) -> None:
    call = bytes(_remark(runtime, 300).data.data)
    signed = sign(runtime, call, TERMS, signer)
    decoded = runtime._config.create_scale_object("Extrinsic", metadata=runtime._metadata)
    decoded.decode(ScaleBytes(bytearray(signed.raw)))
    signature = bytes.fromhex(decoded.value["signature"]["Sr25519"][2:])
    keypair = Keypair(public_key=bytes(signer.public_key), ss58_format=251)
    assert keypair.verify(signing_payload(runtime, call, TERMS), signature)
    assert signed.hash == extrinsic_hash(signed.raw)


def test_sign__unknown_signed_extension__is_unsupported(
    runtime: Runtime, signer: ZkVerifySigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "extensions", (*runtime.extensions, "CheckTheMoon"))
    with pytest.raises(RuntimeUnsupported) as caught:
        sign(runtime, b"\x00\x00", TERMS, signer)
    assert caught.value.context["unknown"] == ["CheckTheMoon"]


@pytest.mark.parametrize("raw", [b"", b"\x04\x04", b"\x08\x84\x01", b"\x08\x84\x00"])
def test_call_of__not_a_signed_extrinsic__raises_our_error(raw: bytes, runtime: Runtime) -> None:
    with pytest.raises(MalformedChainAnswer):
        call_of(runtime, raw)
