"""What `run`, a reload and `config check` read before any network: all of it, with every problem at once."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from zk_acts.adapters.signing.errors import KeyFileError
from zk_acts.domain.errors import OperatorError
from zk_acts.domain.ids import hex0x
from zk_devnet.testing.site import PASSWORD, Site, furnish
from zk_operator.adapters.signing.evm import open_evm_key
from zk_operator.app.materials import read_materials
from zk_operator.program import batch_program
from zk_operator.settings import load_settings
from zk_operator.settings.errors import ConfigFileMissing

EXAMPLE = Path(__file__).parents[3] / "config" / "operator.example.toml"
is_root = os.geteuid() == 0


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    furnish(Site(folder), EXAMPLE)
    return folder


@pytest.fixture
def site(tmp_path: Path, furnished: Path) -> Site:
    shutil.copytree(furnished, tmp_path / "site")
    return Site(tmp_path / "site")


async def refusal(site: Site) -> OperatorError:
    with pytest.raises(OperatorError) as caught:
        await read_materials(site.settings)
    assert caught.value.exit_code in (74, 78)
    return caught.value


async def test_read__all_as_it_should_be__keys_circuit_and_program(site: Site) -> None:
    materials = await read_materials(site.settings)

    assert materials.keys.evm.address != materials.keys.sp1.address
    assert materials.circuit.facts.name == "v6.1.0"
    assert materials.program.vk == batch_program().vk
    assert not site.path("data").exists()  # it changes nothing


async def test_read__the_shipped_programs_vkey_alone__is_enough(site: Site) -> None:
    text = site.path("operator.toml").read_text()
    kept = [
        line
        for line in text.splitlines()
        if not line.startswith(("program_elf", "program_vk_", "program_sha"))
    ]
    site.write("operator.toml", "\n".join(kept).encode())

    assert (await read_materials(site.settings)).program.elf == batch_program().elf


def _with_kurier(site: Site) -> None:
    text = site.path("operator.toml").read_text()
    site.write("operator.toml", text.replace('use = "never"', 'use = "fallback"').encode())


async def test_read__kurier_in_use__its_key_is_read_and_never_shown(site: Site) -> None:
    _with_kurier(site)
    site.write("keys/kurier.key", b"the-key\nand a second line\n", 0o600)

    keys = (await read_materials(site.settings)).keys

    assert keys.kurier == "the-key"
    assert "the-key" not in repr(keys)


@pytest.mark.parametrize(
    ("content", "mode", "code"),
    [(None, 0o600, "CFG-003"), (b"", 0o600, "KEY-005"), (b"key", 0o644, "KEY-002")],
)
async def test_read__kuriers_key_cannot_be_used__is_named(
    site: Site, content: bytes | None, mode: int, code: str
) -> None:
    _with_kurier(site)
    if content is not None:
        site.write("keys/kurier.key", content, mode)

    error = await refusal(site)

    assert error.code == f"ZKO-{code}"
    assert "zkverify.kurier.api_key_file" in str(error)


def _cut(site: Site, name: str) -> None:
    path = site.path(name)
    site.write(name, path.read_bytes()[: path.stat().st_size // 2], 0o600)


def _emptied(site: Site, name: str) -> None:
    site.write(name, b"", site.path(name).stat().st_mode & 0o777)


def _deeply_nested(site: Site, name: str) -> None:
    site.write(name, b"[" * 100_000, 0o600)


def _folder(site: Site, name: str) -> None:
    site.path(name).unlink()
    site.path(name).mkdir()


def _other_program(site: Site, name: str) -> None:
    site.write(name, batch_program().elf[:-1] + b"\x01")


def _swapped(site: Site, name: str) -> None:
    site.write(name, site.path("keys/evm.json").read_bytes(), 0o600)


Spoil = Callable[[Site, str], None]


@pytest.mark.parametrize(
    ("spoil", "name", "key", "code"),
    [
        (lambda site, name: site.path(name).chmod(0o640), "keys/evm.json", "keys.evm_keystore", "KEY-002"),
        (lambda site, name: site.path(name).chmod(0o604), "keys/sp1.password", "keys.sp1_password_file", "KEY-002"),
        (lambda site, name: site.write(name, b"wrong\n", 0o600), "keys/evm.password", "keys.evm_keystore", "KEY-004"),
        (lambda site, name: site.write(name, b"wrong\n", 0o600), "keys/zkverify.password", "keys.zkverify_json", "KEY-004"),
        (_emptied, "keys/sp1.password", "keys.sp1_password_file", "KEY-005"),
        (_cut, "keys/evm.json", "keys.evm_keystore", "KEY-003"),
        (_cut, "keys/zkverify.json", "keys.zkverify_json", "KEY-003"),
        (_emptied, "keys/sp1.json", "keys.sp1_keystore", "KEY-003"),
        (_deeply_nested, "keys/sp1.json", "keys.sp1_keystore", "KEY-003"),
        (_deeply_nested, "keys/zkverify.json", "keys.zkverify_json", "KEY-003"),
        (_swapped, "keys/zkverify.json", "keys.zkverify_json", "KEY-003"),
        (_folder, "keys/evm.json", "keys.evm_keystore", "CFG-003"),
        (_emptied, "program/batch.elf", "prover.program_elf", "CFG-014"),
        (_other_program, "program/batch.elf", "prover.program_elf", "CFG-014"),
        (_emptied, "program/batch.vk.bin", "prover.program_vk_file", "CFG-014"),
        (_cut, "program/groth16_vk.bin", "prover.circuit_vk_file", "CFG-012"),
    ],
)  # fmt: skip
async def test_read__one_file_is_wrong__its_key_and_code(
    site: Site, spoil: Spoil, name: str, key: str, code: str
) -> None:
    spoil(site, name)

    error = await refusal(site)

    assert error.code == f"ZKO-{code}"
    assert key in str(error)
    assert PASSWORD not in str(error)


async def test_read__no_file_there__every_one_is_named(site: Site, tmp_path: Path) -> None:
    site.write("elsewhere/operator.toml", EXAMPLE.read_bytes())
    elsewhere = load_settings(site.path("elsewhere/operator.toml"), {}).settings

    with pytest.raises(ConfigFileMissing) as caught:
        await read_materials(elsewhere)

    named = {problem.split(":")[0] for problem in caught.value.problems}
    assert {"keys.evm_keystore", "prover.program_elf", "prover.circuit_vk_file"} <= named
    assert len(named) == 9


async def test_read__several_of_several_kinds__one_error_with_a_line_for_each(site: Site) -> None:
    site.path("keys/evm.json").chmod(0o644)
    site.path("keys/evm.password").chmod(0o644)
    site.path("keys/sp1.json").unlink()
    _emptied(site, "program/batch.elf")

    error = await refusal(site)

    text = str(error)
    assert error.code == "ZKO-CFG-013"
    for part in (
        "keys.evm_keystore: [ZKO-KEY-002]",
        "keys.evm_password_file: [ZKO-KEY-002]",
        "keys.sp1_keystore: no file",
        "prover.program_elf: an empty file",
    ):
        assert part in text


@pytest.mark.parametrize("named", [False, True], ids=["no sha256", "its sha256"])
async def test_read__a_program_of_ones_own__needs_its_sha256(site: Site, named: bool) -> None:
    own = batch_program().elf + b"own"
    site.write("program/batch.elf", own)
    vk_file = str(site.write("own.vk", batch_program().vk))
    site.flags = {"prover.program_vkey": "0x00" + "11" * 31, "prover.program_vk_file": vk_file}
    digest = sha256(own).digest()
    text = site.path("operator.toml").read_text()
    old = next(line for line in text.splitlines() if line.startswith("program_sha256"))
    site.write(
        "operator.toml",
        text.replace(old, f'program_sha256 = "{hex0x(digest)}"' if named else "").encode(),
    )

    if named:
        assert (await read_materials(site.settings)).program.elf == own
    else:
        error = await refusal(site)
        assert error.code == "ZKO-CFG-014"
        assert hex0x(digest) in str(error)


async def test_read__a_key_of_another_program__is_refused(site: Site) -> None:
    own = batch_program().elf[:24] + (0x1234).to_bytes(8, "little") + batch_program().elf[32:]
    site.write("program/batch.elf", own)
    digest = hex0x(sha256(own).digest())
    site.flags = {"prover.program_vkey": "0x00" + "11" * 31, "prover.program_sha256": digest}

    assert "prover.program_vk_file: the key of another program" in str(await refusal(site))


async def test_read__the_databases_folder_is_a_file__is_refused(site: Site) -> None:
    site.write("data", b"")

    error = await refusal(site)

    assert error.code == "ZKO-CFG-015"
    assert "store.path" in str(error)


@pytest.mark.skipif(is_root, reason="root may write everywhere")
async def test_read__the_databases_folder_may_not_be_written__is_refused(site: Site) -> None:
    site.path("data").mkdir(mode=0o555)

    assert (await refusal(site)).code == "ZKO-CFG-015"


async def test_read__the_database_is_none__is_refused(site: Site) -> None:
    site.write("data/operator.sqlite", b"this is no database, but long enough to be one" * 100)

    assert (await refusal(site)).code == "ZKO-STO-001"


async def test_read__a_database_of_a_newer_version__is_refused(site: Site) -> None:
    site.path("data").mkdir()
    with sqlite3.connect(site.path("data/operator.sqlite")) as newer:
        newer.execute("CREATE TABLE schema_version (version INTEGER)")
        newer.execute("INSERT INTO schema_version VALUES (9999)")
    newer.close()

    assert (await refusal(site)).code == "ZKO-STO-004"


@pytest.mark.parametrize(
    "content", ["[]", "{}", '{"version": 3, "crypto": {"kdf": []}}', "null", "1e999"]
)
async def test_read__a_key_file_of_any_form__an_error_of_ours(site: Site, content: str) -> None:
    for name in ("evm", "sp1", "zkverify"):
        site.write(f"keys/{name}.json", content.encode(), 0o600)

    error = await refusal(site)

    assert str(error).count("ZKO-KEY-003") == 3


def test_open__any_field_of_a_keystore_is_altered__an_error_of_ours(site: Site) -> None:
    whole = json.loads(site.path("keys/evm.json").read_bytes())
    crypto = whole["crypto"]
    wrongs: tuple[object, ...] = (None, 1, -1, [], {}, "x", 2**40, 10**30, "ff" * 40)
    altered = [{**crypto, key: wrong} for key in crypto for wrong in wrongs]
    for key in crypto["kdfparams"]:
        altered += [{**crypto, "kdfparams": {**crypto["kdfparams"], key: w}} for w in wrongs]
    for inner in altered:
        if inner != crypto:
            raw = json.dumps({**whole, "crypto": inner}).encode()
            with pytest.raises(KeyFileError):
                open_evm_key(site.path("keys/evm.json"), raw, PASSWORD)


async def test_read__no_folder_for_locks__is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container with a read-only root and no /tmp: `run` locks the keys there."""
    monkeypatch.setattr("tempfile.tempdir", str(site.write("file", b"")))

    error = await refusal(site)

    assert error.code == "ZKO-CFG-015"
    assert "TMPDIR" in str(error)
