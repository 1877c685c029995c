"""`zk-operator prover`: the provers, one by one, without the daemon."""

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zk_acts.cli.output import AsJson, print_json, print_tree
from zk_operator.cli.options import ConfigPath, Overrides, load

if TYPE_CHECKING:
    from zk_operator.app.prover_tool import LocalPlace

app = typer.Typer(no_args_is_help=True)
UNAVAILABLE = 69  # sysexits: no prover answers

MaybeConfig = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="The operator's TOML file.", envvar="ZKO_CONFIG_FILE"),
]
InputFile = Annotated[Path, typer.Argument(help="The program's input: bincode of an SP1Stdin.")]
IsBuffer = Annotated[
    bool, typer.Option("--buffer", help="The input file is the program's one buffer, unwrapped.")
]
ElfFile = Annotated[
    Path | None, typer.Option("--elf", help="The program; otherwise the batch program.")
]
Binary = Annotated[
    Path | None,
    typer.Option("--binary", help="zk-operator-prover, sp1-gpu-server or cargo-zisk."),
]
CycleLimit = Annotated[int, typer.Option("--cycle-limit", min=1, help="Most cycles.")]


class Where(StrEnum):
    """Who makes the proof."""

    CPU = "cpu"
    GPU = "gpu"
    ZISK = "zisk"
    NETWORK = "network"
    CLUSTER = "cluster"


class Kind(StrEnum):
    """The kind of proof."""

    CORE = "core"
    COMPRESSED = "compressed"
    GROTH16 = "groth16"


@app.command("status")
def status(config: ConfigPath, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Show every configured prover: whether it answers, its balance or memory, prices, what is wrong."""
    import anyio

    from zk_operator.app.prover_tool import status as read

    loaded = load(config, overrides)
    _quiet()
    lines = anyio.run(read, loaded.settings)
    if as_json:
        print_json(lines)
    else:
        for line in lines:
            print_tree(str(line["backend"]), _for_people(line))
    if not any(line["up"] for line in lines):
        raise typer.Exit(UNAVAILABLE)


def _for_people(line: Mapping[str, object]) -> dict[str, object]:
    """Amounts in whole PROVE."""
    from zk_acts.domain.money import tokens

    shown = {key: value for key, value in line.items() if key != "backend"}
    for key in ("balance", "spent_last_day"):
        if isinstance(amount := shown.get(key), str):
            shown[key] = f"{tokens(int(amount))} PROVE"
    for key in ("market_price_per_pgu", "max_price_per_pgu"):
        if isinstance(price := shown.get(key), str):
            shown[key] = f"{tokens(int(price) * 10**9)} PROVE per billion"
    return shown


@app.command("quote")
def quote(
    program_input: InputFile,
    buffer: IsBuffer = False,
    elf: ElfFile = None,
    config: MaybeConfig = None,
    binary: Binary = None,
    cycle_limit: CycleLimit = 1_000_000_000,
    as_json: AsJson = False,
) -> None:
    """Run the program by SP1's executor: cycles, prover gas, public values. Needs the prover host; costs nothing."""
    import anyio

    from zk_operator.app import prover_tool

    _quiet()
    stdin = _stdin(program_input, buffer=buffer)
    answer = anyio.run(
        prover_tool.quote, _place(config, binary), _elf(elf, config), stdin, cycle_limit
    )
    _show("quote", answer, as_json=as_json)


@app.command("vkey")
def vkey(
    elf: ElfFile = None, config: MaybeConfig = None, binary: Binary = None, as_json: AsJson = False
) -> None:
    """Print a program's verifying key hash, as contracts (bytes32) and as networks (hash_bytes) write it."""
    import anyio

    from zk_acts.domain.ids import Hash32, hex0x
    from zk_operator.adapters.sp1.program_key import hash_bytes
    from zk_operator.app import prover_tool
    from zk_operator.program import batch_program

    _quiet()
    code, shipped = _elf(elf, config), batch_program()
    known = shipped.vkey if code == shipped.elf else None
    found = known or anyio.run(prover_tool.vkey_of, _place(config, binary), code)
    answer = {"vkey": hex0x(found), "hash_bytes": hex0x(hash_bytes(Hash32(found)))}
    _show("program", answer, as_json=as_json)


@app.command("program")
def program(elf: ElfFile = None, config: MaybeConfig = None, as_json: AsJson = False) -> None:
    """Describe the batch program: the one that is shipped, or the configured one."""
    from hashlib import sha256

    from zk_acts.domain.ids import hex0x
    from zk_operator.program import batch_program

    code, shipped = _elf(elf, config), batch_program()
    vkey_known = shipped.vkey if code == shipped.elf else _configured_vkey(elf, config)
    answer = {
        "size_bytes": len(code),
        "sha256": sha256(code).hexdigest(),
        "is_shipped": code == shipped.elf,
        "vkey": None if vkey_known is None else hex0x(vkey_known),
    }
    _show("program", answer, as_json=as_json)


@app.command("prove")
def prove(
    program_input: InputFile,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write the proof.")],
    buffer: IsBuffer = False,
    backend: Annotated[Where, typer.Option("--backend", help="Who makes it.")] = Where.CPU,
    mode: Annotated[Kind, typer.Option("--mode", help="The kind of proof.")] = Kind.COMPRESSED,
    elf: ElfFile = None,
    config: MaybeConfig = None,
    binary: Binary = None,
    public_values: Annotated[
        str | None,
        typer.Option("--public-values", help="What it will commit to, in hex; networks need it."),
    ] = None,
    timeout_s: Annotated[float, typer.Option("--timeout", min=1, help="Seconds.")] = 7_200.0,
    as_json: AsJson = False,
) -> None:
    """Have one proof made and write it to a file. A network is paid, once per input; it needs --config."""
    _quiet()
    _require_writable(out)
    if backend is Where.ZISK:
        proof = _by_zisk(elf, program_input, binary or _zisk_of(config), timeout_s)
    elif backend in (Where.NETWORK, Where.CLUSTER):
        stdin = _stdin(program_input, buffer=buffer)
        proof = _by_network(backend, mode, stdin, config, public_values, timeout_s)
    else:
        stdin = _stdin(program_input, buffer=buffer)
        place = _place(config, binary, on_gpu=backend is Where.GPU)
        proof = _here(backend, mode, stdin, _elf(elf, config), place, timeout_s)
    _write(out, proof)
    answer = {"backend": backend.value, "file": str(out), "size_bytes": len(proof)}
    _show("proof", answer, as_json=as_json)


def _here(
    backend: Where, mode: Kind, stdin: bytes, elf: bytes, place: "LocalPlace", timeout_s: float
) -> bytes:
    import anyio

    from zk_operator.adapters.sp1.local import ProofJob
    from zk_operator.adapters.sp1.saved_proof import Mode
    from zk_operator.app import prover_tool
    from zk_operator.settings import Backend

    job = ProofJob(elf=elf, stdin=stdin, mode=Mode(mode.value), timeout_s=timeout_s)
    return anyio.run(prover_tool.prove_here, Backend(backend.value), place, job)


def _by_network(
    backend: Where,
    mode: Kind,
    stdin: bytes,
    config: Path | None,
    public_values: str | None,
    timeout_s: float,
) -> bytes:
    from functools import partial

    import anyio

    from zk_operator.adapters.sp1.errors import ProofKindUnusable
    from zk_operator.app import prover_tool
    from zk_operator.settings import Backend

    if config is None:
        raise typer.BadParameter("a network needs it", param_hint="--config")
    wanted = _values(public_values)
    if mode is not Kind.GROTH16:
        raise ProofKindUnusable("networks are asked for groth16 only", asked=mode.value)
    ask = partial(prover_tool.prove_paid, timeout_s=timeout_s)
    settings = load(config).settings
    return anyio.run(ask, settings, Backend(backend.value), stdin, wanted).onchain


def _values(text: str | None) -> bytes:
    """What the program will commit to: networks refuse, and may charge for, a run that commits to something else."""
    hint = "--public-values"
    if text is None:
        raise typer.BadParameter("a network needs them; `prover quote` shows them", param_hint=hint)
    try:
        return bytes.fromhex(text.removeprefix("0x"))
    except ValueError as error:
        raise typer.BadParameter("not hexadecimal", param_hint=hint) from error


def _by_zisk(elf: Path | None, program_input: Path, binary: Path | None, timeout_s: float) -> bytes:
    import anyio

    from zk_operator.adapters.sp1.zisk import Zisk, find_zisk

    if elf is None:
        raise typer.BadParameter(
            "the batch program is SP1's; name one for ZisK", param_hint="--elf"
        )
    zisk = Zisk(binary=find_zisk(binary), timeout_s=timeout_s)
    return anyio.run(zisk.prove, elf, program_input)


def _zisk_of(config: Path | None) -> Path | None:
    return load(config).settings.prover.zisk.binary if config else None


def _place(config: Path | None, binary: Path | None, *, on_gpu: bool = False) -> "LocalPlace":
    """What is configured, where there is a configuration; the command line wins."""
    from zk_operator.app.prover_tool import LocalPlace

    if config is None:
        return LocalPlace(binary=binary)
    prover = load(config).settings.prover
    section = prover.gpu if on_gpu else prover.cpu
    return LocalPlace(
        binary=binary or section.binary,
        cache=prover.cpu.cache or LocalPlace().cache,
        devices=prover.gpu.devices,
        circuits=section.circuits,
        memory_gb=prover.cpu.memory_gb,
    )


def _elf(path: Path | None, config: Path | None) -> bytes:
    from zk_operator.program import batch_program

    if path is not None:
        return _read(path)
    if config is not None:
        from zk_operator.settings import load_program

        return load_program(load(config).settings.prover).elf
    return batch_program().elf


def _configured_vkey(elf: Path | None, config: Path | None) -> bytes | None:
    return load(config).settings.prover.program_vkey if config and elf is None else None


def _stdin(path: Path, *, buffer: bool) -> bytes:
    from zk_operator.adapters.sp1.bincode import encode_stdin

    raw = _read(path)
    return encode_stdin([raw]) if buffer else raw


def _read(path: Path) -> bytes:
    from zk_operator.adapters.sp1.inspection.errors import ProofFileUnreadable

    try:
        return path.read_bytes()
    except OSError as error:
        raise ProofFileUnreadable(
            "a file cannot be read", file=str(path), reason=error.strerror
        ) from error


def _require_writable(out: Path) -> None:
    """Before a proof is made, and paid for, that could not be written then."""
    if out.is_dir() or not os.access(out if out.exists() else out.parent, os.W_OK):
        raise typer.BadParameter(f"{out} cannot be written", param_hint="--out")


def _write(out: Path, proof: bytes) -> None:
    from zk_operator.adapters.sp1.inspection.errors import ProofFileUnreadable

    try:
        out.write_bytes(proof)
    except OSError as error:
        raise ProofFileUnreadable(
            "the proof cannot be written; asked for again, it is not paid again",
            file=str(out),
            reason=error.strerror,
        ) from error


def _quiet() -> None:
    from zk_acts.runtime.logs import configure_logs

    configure_logs(level="error", form="auto")


def _show(title: str, answer: Mapping[str, object], *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        print_tree(title, answer)
