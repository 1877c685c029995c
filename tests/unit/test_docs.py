"""Documentation that is held to the code: runbook pages, generated references, links."""

import importlib.util
import re
from collections import Counter
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
RUNBOOK = DOCS / "runbook"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FOREIGN_PATHS = ("/work" + "/", "." + "library", "/tmp/" + "brief")


@cache
def load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def runbook_pages() -> dict[str, Path]:
    return {path.stem: path for path in RUNBOOK.glob("ZKO-*.md")}


def markdown_files() -> list[Path]:
    return [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]


def test_error_codes__of_all_modules__are_unique() -> None:
    counts = Counter(leaf.code for leaf in load_generator().error_classes())
    assert {code: count for code, count in counts.items() if count > 1} == {}


def test_error_codes__of_all_modules__say_when_they_are_raised() -> None:
    silent = [
        leaf.__qualname__
        for leaf in load_generator().error_classes()
        if not (leaf.__doc__ or "").startswith("Raised ")
    ]
    assert silent == []


def test_error_codes__in_any_text_of_the_sources__are_a_class_s() -> None:
    generator = load_generator()
    assert generator.codes_in_sources() == {leaf.code for leaf in generator.error_classes()}


def test_error_codes__of_all_modules__have_a_condition_of_their_own() -> None:
    generator = load_generator()
    counts = Counter(generator.condition(leaf) for leaf in generator.error_classes())
    assert {said: count for said, count in counts.items() if count > 1} == {}


def test_runbook_index__every_area__is_explained() -> None:
    areas = {code.split("-")[1] for code in runbook_pages()}
    explained = set(
        re.findall(r"^\| `ZKO-([A-Z]+)` ", (RUNBOOK / "README.md").read_text(), re.MULTILINE)
    )
    assert areas == explained


def test_generated_pages__from_the_code_as_it_is__are_up_to_date() -> None:
    generator = load_generator()
    stale = [path.name for path in generator.differences(generator.pages())]
    assert stale == [], "run: .venv/bin/python docs/generate.py"


def test_scenarios_page__every_file_of_scenarios__is_on_it() -> None:
    page = (DOCS / "reference/scenarios.md").read_text()
    files = [path.name for path in (ROOT / "tests/scenarios").glob("test_*.py")]
    assert [name for name in files if f"`{name}`" not in page] == []


def test_scenarios_page__every_test_that_it_names__exists() -> None:
    page = (DOCS / "reference/scenarios.md").read_text()
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", page)
    rows = re.findall(r"^\| (\d+) \|.*::test_", page, flags=re.MULTILINE)
    missing = []
    for file, test in named:
        path = ROOT / file if "/" in file else ROOT / "tests/scenarios" / file
        if not path.exists() or f"def {test}(" not in path.read_text():
            missing.append(f"{file}::{test}")
    assert missing == []
    assert [int(row) for row in rows] == list(range(1, 17))  # each fault is kept by one at least


def test_markdown__relative_links__lead_somewhere() -> None:
    broken = {
        f"{path.relative_to(ROOT)}: {link}"
        for path in markdown_files()
        for link in LINK.findall(path.read_text())
        if not link.startswith(("http://", "https://", "#", "mailto:"))
        and not (path.parent / link.split("#")[0]).exists()
    }
    assert broken == set()


def test_markdown__links_to_headings__lead_to_one() -> None:
    broken = {
        f"{path.relative_to(ROOT)}: {link}"
        for path in markdown_files()
        for link in LINK.findall(path.read_text())
        if "#" in link
        and not link.startswith("http")
        and link.split("#")[1]
        not in anchors(path.parent / link.split("#")[0] if link[0] != "#" else path)
    }
    assert broken == set()


def anchors(path: Path) -> set[str]:
    """As GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_markdown__paths_of_somebodys_machine__are_absent() -> None:
    marked = {
        str(path.relative_to(ROOT))
        for path in markdown_files()
        if any(mark in path.read_text() for mark in FOREIGN_PATHS)
    }
    assert marked == set()


def test_design_records__named_in_the_sources__are_there() -> None:
    records = {path.stem[:4] for path in (DOCS / "design").glob("[0-9]*.md")}
    named = load_generator().records_in_code()
    assert len(named) > 50
    assert {number: files for number, files in named.items() if number not in records} == {}
