"""The places at which a service of the daemon may wait, read from its code: there a crash can cut it.

A place is an `await`, `async with` or `async for`, of a module in the `services` of a package, that the daemon imports. Where a coroutine is
suspended is known to the column, so that two of one line are two.
"""

import ast
import dis
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE
from itertools import islice
from types import CodeType

Cut = tuple[str, int, int]  # a file and its package, line and column of the expression
PACKAGES = ("zk_acts", "zkverify_client", "zk_operator")
PART = "services"
ROOT = "zk_operator/app/daemon.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place. `text`: the line of source that it begins on."""

    cut: Cut
    function: str
    text: str

    def __str__(self) -> str:
        return f"{self.cut[0]}:{self.cut[1]} {self.function}: {self.text}"


@cache
def places() -> Mapping[Cut, Place]:
    """All that the daemon's services have, in the order of the source."""
    return {
        place.cut: place
        for file in sorted(_imported())
        if _is_part(file)
        for place in _places_in(file)
    }


_known: dict[tuple[int, int], Cut | None] = {}
_kept: list[CodeType] = []  # so that no other code gets the id of one that is known


def place_at(code: CodeType, instruction: int) -> Cut | None:
    """The place of a suspended frame, `instruction` being its last one; None outside the services."""
    key = id(code), instruction
    if key not in _known:
        _kept.append(code)
        _known[key] = _find(code, instruction)
    return _known[key]


def _find(code: CodeType, instruction: int) -> Cut | None:
    name = _named(code.co_filename)
    if instruction < 0 or not _is_part(name):
        return None
    line, _, column, _ = next(islice(code.co_positions(), instruction // 2, None))
    cut = (name, line or 0, column or 0)
    return cut if cut in places() else None


def _named(path: str) -> str:
    """The file and its package; nothing where it is of none."""
    for package in PACKAGES:
        _, found, rest = path.rpartition(f"/{package}/")
        if found:
            return f"{package}/{rest}"
    return ""


def _is_part(file: str) -> bool:
    return file.split("/")[1:2] == [PART]


def _places_in(file: str) -> Iterator[Place]:
    source = _source(file)
    lines = source.split("\n")
    for code in _coroutines(compile(source, file, "exec")):
        for line, column in sorted(_suspensions(code)):
            yield Place(
                cut=(file, line, column), function=code.co_qualname, text=lines[line - 1].strip()
            )


def _coroutines(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _coroutines(constant)
    if code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR):
        yield code


def _suspensions(code: CodeType) -> set[tuple[int, int]]:
    return {
        (each.positions.lineno or 0, each.positions.col_offset or 0)
        for each in dis.get_instructions(code)
        if each.opname == "SEND" and each.positions is not None
    }


# --- what the daemon is made of ---


def _source(file: str) -> str:
    package, *path = file.split("/")
    return resources.files(package).joinpath(*path).read_text("utf-8")


@cache
def _imported() -> frozenset[str]:
    """The packages' files that the daemon imports, itself included."""
    found: set[str] = set()
    pending = [ROOT]
    while pending:
        file = pending.pop()
        if file not in found:
            found.add(file)
            pending += _imports_of(file)
    return frozenset(found)


def _imports_of(file: str) -> list[str]:
    modules: set[str] = set()
    for node in ast.walk(ast.parse(_source(file))):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            modules.add(node.module)
            modules.update(f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            modules.update(name.name for name in node.names)
    return [found for module in modules if (found := _file_of(module)) is not None]


def _file_of(module: str) -> str | None:
    package, _, rest = module.partition(".")
    if package not in PACKAGES or not rest:
        return None
    path = rest.replace(".", "/")
    for file in (f"{path}.py", f"{path}/__init__.py"):
        if resources.files(package).joinpath(*file.split("/")).is_file():
            return f"{package}/{file}"
    return None
