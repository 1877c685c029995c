"""Nothing in the daemon or the client is connected to nothing: what is defined is used, by them or by what ships beside.

By names alone, so that a common name hides much; what it finds is real. Tests and the fakes for them are no users.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OPERATOR = Path(__file__).parents[2] / "operator"
OURS = tuple(
    OPERATOR / name for name in ("zk_operator", "zkverify/zk_acts", "zkverify/zkverify_client")
)
USERS = (*OURS, OPERATOR / "trader/zk_trader", OPERATOR / "devnet/zk_devnet")
# Issue 16: being connected by somebody else.
ALLOWED = {
    # the zkVerify client for Python programs: docs/zkverify-client.md
    "KeyElsewhere": "library",
    "UnsignedExtrinsic.from_json": "library",
    # what another program calls or says
    "Verbs.get_command": "called by click",
    "_TypeClasses.get_decoder_class": "called by scalecodec",
    "HostResources.memory_total": "the prover host's answer",
    # what only tests look at, on purpose
    "Supervisor.is_stopping": "its state",
    "scale_groth16_proof": "the pallet's encoding, against which recorded ones and the dev node's are compared",
    "ExtrinsicChannel": "a port's name, for its suite",
    "RejectionStore": "a port's name, for its suite",
    "BulkChannel": "a port's name, in casts",
    # pages of the runbook for codes that `domain.validation.Refusal` has
    "OrderAmountInvalid": "code",
    "OrderDeadlineInvalid": "code",
    "OrderOwnerInvalid": "code",
    "OrderOutOfTime": "code",
    "Metric.failing": "docs/generate.py",
}
# Read by names that are put together: `limits.{resource}_per_{window}`.
COMPOSED = ("LimitSettings.",)
FRAMEWORK = {"__all__", "app", "log", "model_config"}


@dataclass(frozen=True, slots=True)
class Definition:
    """A name that could be used; `owner` is its class."""

    file: Path
    name: str
    owner: str | None = None

    @property
    def label(self) -> str:
        return self.name if self.owner is None else f"{self.owner}.{self.name}"


def trees(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        if not {"proto", "testing"} & set(path.parts):
            yield path, ast.parse(path.read_text())


def used(node: ast.AST, within: str | None = None) -> Iterator[str]:
    """Names that are read; a method that calls its like on something else is no user of itself."""
    for child in ast.iter_child_nodes(node):
        inside = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else within
        if isinstance(child, ast.Attribute) and child.attr != inside:
            yield child.attr
        elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Load):
            yield child.id
        elif isinstance(child, ast.ImportFrom):
            yield from (f"import {alias.name}" for alias in child.names)
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value  # a forward reference, or getattr
        yield from used(child, inside)


def defined(path: Path, tree: ast.Module) -> Iterator[Definition]:
    for node in tree.body:
        yield from (Definition(path, name) for name in names_of(node))
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.Assign):
                    continue  # enum members: a foreign vocabulary has words that nobody says
                yield from (Definition(path, name, node.name) for name in names_of(member))


def names_of(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        decorators = " ".join(ast.unparse(each) for each in node.decorator_list)
        is_called_by_framework = any(
            word in decorators for word in ("validator", "command", "callback")
        )
        if not node.name.startswith("__") and not is_called_by_framework:
            yield node.name
    elif isinstance(node, ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    elif isinstance(node, ast.Assign):
        yield from (each.id for each in node.targets if isinstance(each, ast.Name))


def loose_ends() -> set[str]:
    uses: Counter[str] = Counter()
    for folder in USERS:
        for _, tree in trees(folder):
            uses.update(used(tree))
    return {
        each.label
        for folder in OURS
        for path, tree in trees(folder)
        for each in defined(path, tree)
        if each.name not in FRAMEWORK
        and not each.label.startswith(COMPOSED)
        and not uses[each.name]
    }


def test_daemon__every_function_class_and_field__is_used_or_listed_with_its_reason() -> None:
    found = loose_ends()
    assert sorted(found - set(ALLOWED)) == []
    assert sorted(set(ALLOWED) - found) == [], "used now, or gone: take it off the list"
