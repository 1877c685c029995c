"""Runtime metadata, version 14: a registry of the declared types, then pallets and signed extensions."""

from functools import cache

from zk_devnet.zkverify.scale import (
    Array,
    Compact,
    Enum,
    Field,
    Option,
    Param,
    Primitive,
    Ref,
    Sequence,
    Struct,
    Tuple,
    Type,
    Variant,
    encode,
    encode_compact,
)
from zk_devnet.zkverify.schema.extrinsic import SIGNED_EXTENSIONS, unchecked_extrinsic
from zk_devnet.zkverify.schema.pallet import HASHERS, Pallet, StorageItem
from zk_devnet.zkverify.schema.runtime import SPEC_VERSION, pallets, schema_of

MAGIC = b"meta"
VERSION = 14
_PRIMITIVES = ("bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "u256")


def _text(value: str) -> bytes:
    raw = value.encode()
    return encode_compact(len(raw)) + raw


def _texts(values: list[str]) -> bytes:
    return encode_compact(len(values)) + b"".join(_text(value) for value in values)


def _option(value: bytes | None) -> bytes:
    return b"\x00" if value is None else b"\x01" + value


def _vector(items: list[bytes]) -> bytes:
    return encode_compact(len(items)) + b"".join(items)


class TypeRegistry:
    """Gives every type a number, in the order in which they are met, and encodes the portable registry."""

    def __init__(self) -> None:
        self._ids: dict[Type, int] = {}
        self._encoded: list[bytes] = []

    def id_of(self, ty: Type) -> int:
        """The number of the type; types that it refers to are added with it."""
        if isinstance(ty, Ref):
            ty = ty.resolve()
        known = self._ids.get(ty)
        if known is not None:
            return known
        number = len(self._encoded)
        self._ids[ty] = number
        self._encoded.append(
            b""
        )  # the number is taken before descending: types may hold themselves
        self._encoded[number] = encode_compact(number) + self._type(ty)
        return number

    def encode(self) -> bytes:
        """The registry as the metadata carries it."""
        return _vector(self._encoded)

    def compact_id(self, ty: Type) -> bytes:
        """The number of the type as the metadata refers to it."""
        return encode_compact(self.id_of(ty))

    def _type(self, ty: Type) -> bytes:
        if isinstance(ty, Option):
            ty = Enum(
                "Option",
                (Variant("None", 0), Variant("Some", 1, (Field(ty.inner),))),
                (Param("T", ty.inner),),
            )
        path: str = ""
        params: tuple[Param, ...] = ()
        if isinstance(ty, Struct | Enum):
            path, params = ty.path, ty.params
        segments = path.split("::") if path else []
        return _texts(segments) + self._params(params) + self._definition(ty) + _texts([])

    def _params(self, params: tuple[Param, ...]) -> bytes:
        encoded = (
            _text(p.name) + _option(None if p.ty is None else self.compact_id(p.ty)) for p in params
        )
        return _vector(list(encoded))

    def _definition(self, ty: Type) -> bytes:
        match ty:
            case Struct():
                return b"\x00" + self._fields(ty.fields)
            case Enum():
                return b"\x01" + _vector([self._variant(variant) for variant in ty.variants])
            case Sequence():
                return b"\x02" + self.compact_id(ty.inner)
            case Array():
                return b"\x03" + ty.length.to_bytes(4, "little") + self.compact_id(ty.inner)
            case Tuple():
                return b"\x04" + _vector([self.compact_id(item) for item in ty.items])
            case Primitive():
                return b"\x05" + bytes([_PRIMITIVES.index(ty.name)])
            case Compact():
                return b"\x06" + self.compact_id(ty.inner)
            case Option() | Ref():
                raise AssertionError("options and references are resolved before")

    def _fields(self, fields: tuple[Field, ...]) -> bytes:
        return _vector([self._field(entry) for entry in fields])

    def _field(self, entry: Field) -> bytes:
        name = None if entry.name is None else _text(entry.name)
        type_name = None if entry.type_name is None else _text(entry.type_name)
        return _option(name) + self.compact_id(entry.ty) + _option(type_name) + _texts([])

    def _variant(self, variant: Variant) -> bytes:
        return (
            _text(variant.name)
            + self._fields(variant.fields)
            + bytes([variant.index])
            + _texts(list(variant.docs))
        )


def _storage_entry(registry: TypeRegistry, item: StorageItem) -> bytes:
    modifier = b"\x00" if item.default is None else b"\x01"
    if not item.keys:
        kind = b"\x00" + registry.compact_id(item.value)
    else:
        hashers = _vector([bytes([HASHERS[name][0]]) for name in item.hashers])
        key = item.keys[0] if len(item.keys) == 1 else Tuple(item.keys)
        kind = b"\x01" + hashers + registry.compact_id(key) + registry.compact_id(item.value)
    default = b"\x00" if item.default is None else item.default
    return _text(item.name) + modifier + kind + encode_compact(len(default)) + default + _texts([])


def _constants(registry: TypeRegistry, pallet: Pallet) -> bytes:
    entries = []
    for constant in pallet.constants:
        value = encode(constant.ty, constant.value)
        entries.append(
            _text(constant.name)
            + registry.compact_id(constant.ty)
            + encode_compact(len(value))
            + value
            + _texts([])
        )
    return _vector(entries)


def _pallet(registry: TypeRegistry, pallet: Pallet) -> bytes:
    storage = None
    if pallet.storage:
        entries = [_storage_entry(registry, item) for item in pallet.storage]
        storage = _text(pallet.name) + _vector(entries)
    kinds = (pallet.calls, pallet.events)
    parts = (_option(None if kind is None else registry.compact_id(kind)) for kind in kinds)
    errors = _option(None if pallet.errors is None else registry.compact_id(pallet.errors))
    head = _text(pallet.name) + _option(storage) + b"".join(parts)
    return head + _constants(registry, pallet) + errors + bytes([pallet.index])


def _extrinsic(registry: TypeRegistry, call: Enum) -> bytes:
    extensions = [
        _text(extension.identifier)
        + registry.compact_id(extension.extra)
        + registry.compact_id(extension.additional)
        for extension in SIGNED_EXTENSIONS
    ]
    return registry.compact_id(unchecked_extrinsic(call)) + b"\x04" + _vector(extensions)


@cache
def metadata_v14(spec_version: int = SPEC_VERSION) -> bytes:
    """The metadata of the runtime at a spec version, with its magic number."""
    registry = TypeRegistry()
    body = _vector([_pallet(registry, pallet) for pallet in pallets(spec_version)])
    tail = _extrinsic(registry, schema_of(spec_version).call) + registry.compact_id(
        Struct("zkv_runtime::Runtime")
    )
    return MAGIC + bytes([VERSION]) + registry.encode() + body + tail
