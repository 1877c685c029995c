"""Names of pieces of work: the same request is the same work, however often it is asked for."""

import hashlib
from dataclasses import MISSING, fields, is_dataclass


def subject_of(request: object) -> str:
    """A row's subject by everything that the request asks for.

    Fields that have their default do not count, so that a later version with more of them names it the same.
    TypeError for anything but a dataclass.
    """
    if not is_dataclass(request) or isinstance(request, type):
        raise TypeError(f"not a request: {type(request).__name__}")
    asked = [
        (field.name, getattr(request, field.name))
        for field in fields(request)
        if field.default is MISSING or getattr(request, field.name) != field.default
    ]
    digest = hashlib.blake2b(repr(asked).encode(), digest_size=8).hexdigest()
    return f"{type(request).__name__}/{digest}"
