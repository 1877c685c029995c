"""Everything that `run` reads before it touches a network, read in one place: at start, at a reload, and to check it.

Whatever this accepts, the daemon can start with; so `config check` cannot say anything else than `run`.
"""

from dataclasses import dataclass
from functools import partial

from anyio import to_thread

from zk_acts.adapters.storage.database import check_database
from zk_acts.runtime.lock import lock_folder
from zk_operator.adapters.sp1.host.process import find_host
from zk_operator.adapters.sp1.program_key import hash_bytes
from zk_operator.adapters.storage.sqlite_store import SCHEMA
from zk_operator.app.keys import Keys, open_keys
from zk_operator.app.problems import Problems
from zk_operator.settings import Backend, Circuit, Program, Settings, load_circuit, load_program
from zk_operator.settings.files import (
    database_warnings,
    named_files,
    named_folders,
    require_database,
    require_file,
    require_folder,
    require_writable,
    written_folders,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Materials:
    """What was read. `warnings`: what is unwise, and does not keep the operator from running."""

    keys: Keys
    circuit: Circuit
    program: Program
    warnings: tuple[str, ...]


async def read_materials(settings: Settings) -> Materials:
    """Read and check every file and folder that the configuration names.

    Errors, with the key of each and all of them at once: ConfigFileMissing, FolderUnusable, ProgramMismatch,
    WrongCircuitFile, DevnetKeyOutsideDevnet, HostMissing, StoreUnavailable, SchemaTooNew, those of key files;
    UnusableFiles where they are of several kinds.
    """
    problems = Problems()
    circuit, program = await to_thread.run_sync(partial(_read_files, settings, problems))
    keys = await open_keys(settings, problems)
    problems.raise_any()
    assert keys is not None
    assert circuit is not None
    assert program is not None
    return Materials(
        keys=keys,
        circuit=circuit,
        program=program,
        warnings=tuple(database_warnings(settings.store.path)),
    )


def _read_files(settings: Settings, problems: Problems) -> tuple[Circuit | None, Program | None]:
    """All but the keys. What is not there is not read."""
    circuit = program = None
    for key, path in named_files(settings):
        with problems.at(key):
            require_file(key, path)
    for key, path in named_folders(settings):
        with problems.at(key):
            require_folder(key, path)
    if not problems.about("prover.circuit_vk_file"):
        with problems.at("prover.circuit_vk_file"):
            circuit = load_circuit(settings)
    if not problems.about("prover.program_elf", "prover.program_vk_file"):
        with problems.at("prover.program_elf"):
            program = load_program(settings.prover)
    with problems.at("prover.program_vkey"):
        hash_bytes(settings.prover.program_vkey)
    if Backend.CPU in settings.prover.backends and settings.prover.cpu.binary is None:
        with problems.at("prover.cpu.binary"):
            find_host()
    _check_folders(settings, problems)
    return circuit, program


def _check_folders(settings: Settings, problems: Problems) -> None:
    for key, folder in written_folders(settings):
        with problems.at(key):
            require_writable(key, folder)
    with problems.at("TMPDIR"):
        require_writable("TMPDIR", lock_folder())
    with problems.at("store.path"):
        require_database(settings.store.path)
        check_database(settings.store.path, SCHEMA)
