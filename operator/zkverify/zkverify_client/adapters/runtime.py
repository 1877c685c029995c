"""One version of the chain's runtime: calls, events, errors and storage by its metadata."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

from scalecodec.base import RuntimeConfigurationObject, ScaleBytes
from scalecodec.exceptions import (
    InvalidScaleTypeValueException,
    MetadataCallFunctionNotFound,
    RemainingScaleBytesNotEmptyException,
)
from scalecodec.type_registry import load_type_registry_preset

from zkverify_client.adapters.errors import MalformedChainAnswer, RuntimeUnsupported
from zkverify_client.adapters.event_list import Event, read_events
from zkverify_client.adapters.storage_hash import KEY_HASHERS, twox_128
from zkverify_client.adapters.type_sizes import require_finite
from zkverify_client.adapters.type_table import TypeTable
from zkverify_client.domain.verifier import VerifierPallet

GROTH16, SP1 = VerifierPallet.GROTH16.value, VerifierPallet.SP1.value
VERIFIERS = frozenset(pallet.value for pallet in VerifierPallet)
AGGREGATE = "Aggregate"
UTILITY = "Utility"
# Of what is decoded whole, for some 700 bytes of memory each byte: a domain with 17 aggregations of 128 proofs takes 174 kB.
_MOST_STORAGE = 256 << 10
_VERIFIER = re.compile(r"Settlement(\w+)Pallet")
_CODEC_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    InvalidScaleTypeValueException,
    LookupError,
    MetadataCallFunctionNotFound,
    NotImplementedError,
    RecursionError,
    RemainingScaleBytesNotEmptyException,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeVersion:
    """What a signature commits to, besides the genesis."""

    spec_name: str
    spec_version: int
    transaction_version: int


@contextmanager
def _codec(what: str) -> Iterator[None]:
    try:
        yield
    except _CODEC_ERRORS as error:
        raise MalformedChainAnswer(f"{what}: not as the chain's metadata describes it") from error


def _stream(raw: bytes) -> Any:
    """The codec's stream, but one that ends: the original answers short reads with what is left, for ever."""
    stream = ScaleBytes(bytearray(raw))

    def take(length: int) -> bytearray:
        piece: bytearray = stream.data[stream.offset : stream.offset + length]
        if length < 0 or len(piece) != length:
            raise EOFError("SCALE bytes end too early")
        stream.offset += length
        return piece

    stream.get_next_bytes = take
    return stream


class _TypeClasses(RuntimeConfigurationObject):  # type: ignore[misc]  # untyped library
    """The codec's registry, but one that makes each class once: the original makes tens of thousands of them anew."""

    def __init__(self) -> None:
        super().__init__()
        self._classes: dict[str, Any] = {}

    def get_decoder_class(self, type_string: Any) -> Any:
        """As the original's."""
        if not isinstance(type_string, str):
            return super().get_decoder_class(type_string)
        known = self._classes.get(type_string)
        if known is None:
            known = self._classes[type_string] = super().get_decoder_class(type_string)
        elif known.runtime_config is not self:
            known.runtime_config = self  # simple types are shared by all registries
        return known

    def forget(self) -> None:
        """Before names come to mean something else."""
        self._classes.clear()


class Runtime:
    """Codec of one runtime version. Building one takes half a second of processor time.

    Thread-safe, by one lock for all versions: the library keeps state in classes that they share. MalformedChainAnswer for bytes that the metadata does not explain, RuntimeUnsupported for a missing part.
    """

    _lock = Lock()

    def __init__(self, *, version: RuntimeVersion, metadata: bytes) -> None:
        self.version = version
        with self._lock, _codec("metadata"):
            self._config = _TypeClasses()
            self._config.update_type_registry(load_type_registry_preset("core"))
            self._metadata = self._config.create_scale_object("MetadataVersioned")
            self._metadata.decode(_stream(metadata))
            self._config.forget()
            types = self._metadata.portable_registry.value["types"]
            require_finite(types)
            self.types = TypeTable(types)
            self._config.add_portable_registry(self._metadata)
            self.extensions = tuple(self._metadata.get_signed_extensions())

    def __repr__(self) -> str:
        return f"Runtime({self.version.spec_name} {self.version.spec_version})"

    def encode_call(self, pallet: str, call: str, arguments: Mapping[str, Any]) -> bytes:
        """The call's bytes, without length."""
        self.call_prefix(pallet, call)
        with self._lock, _codec(f"{pallet}.{call}"):
            encoder = self._config.create_scale_object("Call", metadata=self._metadata)
            body = {"call_module": pallet, "call_function": call, "call_args": dict(arguments)}
            return bytes(encoder.encode(body).data)

    def decode_events(self, raw: bytes) -> tuple[Event, ...]:
        """System.Events of a block that this runtime executed."""
        return read_events(self.types, self.storage_type("System", "Events"), raw, self._event)

    def _event(self, raw: bytes) -> Mapping[str, Any]:
        with self._lock, _codec("an event"):
            decoder = self._config.create_scale_object(self._event_type, metadata=self._metadata)
            decoder.decode(_stream(raw))
            attributes = decoder.value["attributes"]
        return attributes if isinstance(attributes, dict) else {"value": attributes}

    @cached_property
    def _event_type(self) -> str:
        record = self.types.item(self.storage_type("System", "Events"))
        return f"scale_info::{self.types.fields(record)['event']}"

    def decode_storage(self, pallet: str, item: str, raw: bytes) -> Any:
        """The value of a storage item as plain Python values (hashes as 0x-hex)."""
        if len(raw) > _MOST_STORAGE:
            raise MalformedChainAnswer("a stored value is too large to be decoded", size=len(raw))
        type_name = self._storage(pallet, item).get_value_type_string()
        with self._lock, _codec(f"{pallet}.{item}"):
            decoder = self._config.create_scale_object(type_name, metadata=self._metadata)
            decoder.decode(_stream(raw))
            return decoder.value

    def storage_key(self, pallet: str, item: str, *keys: bytes) -> str:
        """0x-hex key of a value, or of a map's entry under its SCALE-encoded keys."""
        prefix = twox_128(pallet.encode()) + twox_128(item.encode())
        if not keys:
            return "0x" + prefix.hex()
        entry = self._storage(pallet, item)
        with _codec(f"a key of {pallet}.{item}"):
            hashers = entry.value["type"]["Map"]["hashers"]
        return "0x" + (prefix + _hashed(hashers, keys)).hex()

    def storage_type(self, pallet: str, item: str) -> int:
        """The type of a storage item's value, or of its map's values."""
        kind = self._storage(pallet, item).value["type"]
        with _codec(f"{pallet}.{item}"):
            return int(kind["Map"]["value"] if "Map" in kind else kind["Plain"])

    def call_arguments(self, pallet: str, call: str) -> Mapping[str, int]:
        """The types of a call's arguments by name, in order: signatures changed between runtimes."""
        for variant in self._pallet(pallet).calls or ():
            if variant.name == call:
                return {
                    str(argument.name): int(argument.value["type"]) for argument in variant.args
                }
        raise RuntimeUnsupported("the runtime lacks a call", pallet=pallet, name=call)

    @cached_property
    def verifiers(self) -> tuple[VerifierPallet, ...]:
        """The verifier pallets that it has."""
        return tuple(
            pallet
            for pallet in VerifierPallet
            if self._metadata.get_metadata_pallet(pallet.value) is not None
        )

    def decode_call(self, call: bytes) -> tuple[str, str, dict[str, Any]]:
        """Pallet, call and arguments by name."""
        with self._lock, _codec("a call"):
            decoder = self._config.create_scale_object("Call", metadata=self._metadata)
            decoder.decode(_stream(call))
            value = decoder.value
            arguments = {item["name"]: item["value"] for item in value["call_args"]}
            return value["call_module"], value["call_function"], arguments

    def call_prefix(self, pallet: str, call: str) -> bytes:
        """The two bytes with which the call begins."""
        entry = self._pallet(pallet)
        return bytes([entry.value["index"], _index_of(entry.calls, call, pallet)])

    def error_name(self, pallet_index: int, error_index: int) -> tuple[str, str]:
        """Pallet and error by the indices in a dispatch error; numbers as text where unknown."""
        for pallet in self._metadata.pallets:
            if pallet.value["index"] == pallet_index:
                for error in pallet.errors or ():
                    if error.value["index"] == error_index:
                        return str(pallet.name), str(error.name)
        return str(pallet_index), str(error_index)

    @cached_property
    def proof_systems(self) -> frozenset[str]:
        """What it verifies, in lower case: the names of the settlement pallets that take proofs."""
        return frozenset(
            found[1].lower()
            for pallet in self._metadata.pallets
            if (found := _VERIFIER.fullmatch(str(pallet.name)))
            and any(call.name == "submit_proof" for call in pallet.calls or ())
        )

    @property
    def ss58_prefix(self) -> int:
        """With which the chain's addresses begin."""
        return self.constant("System", "SS58Prefix")

    def constant(self, pallet: str, name: str) -> int:
        """An integer constant."""
        for constant in self._pallet(pallet).constants or ():
            if constant.value["name"] == name:
                return int.from_bytes(bytes(constant.constant_value), "little")
        raise RuntimeUnsupported("the runtime lacks a constant", pallet=pallet, name=name)

    def _pallet(self, name: str) -> Any:
        entry = self._metadata.get_metadata_pallet(name)
        if entry is None:
            raise RuntimeUnsupported("the runtime lacks a pallet", pallet=name)
        return entry

    def _storage(self, pallet: str, item: str) -> Any:
        for entry in self._pallet(pallet).storage or ():
            if entry.value["name"] == item:
                return entry
        raise RuntimeUnsupported("the runtime lacks a storage item", pallet=pallet, item=item)


def _index_of(variants: Any, name: str, pallet: str) -> int:
    for variant in variants or ():
        if variant.name == name:
            return int(variant.value["index"])
    raise RuntimeUnsupported("the runtime lacks a call", pallet=pallet, name=name)


def _hashed(hashers: list[str], keys: tuple[bytes, ...]) -> bytes:
    if len(hashers) != len(keys) or set(hashers) - set(KEY_HASHERS):
        raise RuntimeUnsupported("a storage map is hashed in an unknown way", hashers=hashers)
    return b"".join(KEY_HASHERS[hasher](key) for hasher, key in zip(hashers, keys, strict=True))
