"""Solidity's ABI as bytes. The coder of each list of types is made once: eth_abi makes a new one with each call."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from eth_abi.decoding import ContextFramesBytesIO, TupleDecoder
from eth_abi.encoding import TupleEncoder
from eth_abi.registry import registry


def encode(types: Sequence[str], values: Sequence[object]) -> bytes:
    """As `abi.encode`. Error: eth_abi's EncodingError."""
    encoded: bytes = _encoder(tuple(types))(values)
    return encoded


def decode(types: Sequence[str], raw: bytes) -> tuple[Any, ...]:
    """As `abi.decode`. Errors: eth_abi's DecodingError; OverflowError; UnicodeDecodeError."""
    return decoded(tuple(types), bytes(raw))


def decoded(types: tuple[str, ...], raw: bytes) -> tuple[Any, ...]:
    """As `decode`, of values that can be remembered."""
    stream = ContextFramesBytesIO(raw)  # type: ignore[no-untyped-call]  # eth_abi's own
    values: tuple[Any, ...] = _decoder(types)(stream)
    return values


@lru_cache(maxsize=256)
def _encoder(types: tuple[str, ...]) -> TupleEncoder:
    encoders = [registry.get_encoder(each) for each in types]
    return TupleEncoder(encoders=encoders)  # type: ignore[no-untyped-call]  # eth_abi's own


@lru_cache(maxsize=256)
def _decoder(types: tuple[str, ...]) -> TupleDecoder:
    decoders = [registry.get_decoder(each) for each in types]
    return TupleDecoder(decoders=decoders)  # type: ignore[no-untyped-call]  # eth_abi's own
