"""Alterations of protobuf messages: fields of every type set to what nobody sends, and the wire's bytes besides."""

from collections.abc import Sequence
from random import Random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from zk_devnet.testing.fuzz.byte_mutation import mutate_bytes

_TEXTS = (
    "",
    "0",
    "-1",
    "1e9",
    "9" * 78,
    "9" * 79,
    "9" * 5_000,
    " 1",
    "\u0661",
    "http://[",
    "\x00",
    "\U0001f600",
    "a" * 3_000,
)
_BYTES = (0, 1, 4, 19, 20, 21, 31, 32, 33, 65, 300)
_BITS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_ENUM: (0, 99),
}


def mutate_message(kind: type[Message], dice: Random, seeds: Sequence[bytes]) -> bytes:
    """One of the seeds, whatever of it is a message of that kind, with fields set anew."""
    message = kind()
    try:
        message.MergeFromString(dice.choice(seeds))
    except DecodeError:
        message = kind()
    for _ in range(dice.choice((1, 1, 2, 4))):
        _set_one(message, dice)
    raw = message.SerializeToString()
    return mutate_bytes(dice, [raw, *seeds]) if dice.random() < 0.3 else raw


def _set_one(message: Any, dice: Random) -> None:
    fields = message.DESCRIPTOR.fields
    if not fields:
        return
    field = dice.choice(fields)
    if dice.random() < 0.15:
        message.ClearField(field.name)
    elif field.is_repeated:
        _append(getattr(message, field.name), field, dice)
    elif field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        getattr(message, field.name).SetInParent()
        _set_one(getattr(message, field.name), dice)
    else:
        setattr(message, field.name, _value(field, dice))


def _append(values: Any, field: Any, dice: Random) -> None:
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        _set_one(values.add(), dice)
    else:
        values.extend([_value(field, dice)] * dice.choice((1, 1, 1, 2, 200)))


def _value(field: Any, dice: Random) -> Any:
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return dice.random() < 0.5
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        if field.type == FieldDescriptor.TYPE_BYTES:
            return dice.randbytes(dice.choice(_BYTES))
        return dice.choice(_TEXTS)
    if field.cpp_type in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        return dice.choice((0.0, -1.0, 1e300, float("inf"), float("nan")))
    least, most = _BITS[field.cpp_type]
    return dice.choice((least, 0, 1, 2, 3, most - 1, most, dice.randint(least, most)))
