"""What can go wrong with the prover host."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class HostError(OperatorError):
    """Raised when the prover host cannot do what it is asked; only its leaves are used.

    Meaning: The prover host cannot do what it is asked. Only the codes below it are used.

    What you see: One of `ZKO-HST-001` to `ZKO-HST-012`.

    What to do: See the page of that code.
    """

    code: ClassVar[str] = "ZKO-HST-000"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class HostMissing(HostError):
    """Raised when the prover host is asked for and its binary is not there; `make prover` builds it.

    Meaning: Something needs the prover host (a real execution, a local proof, SP1's verifier), and its binary is
    not there.

    What you see: The command ends with exit code 69; a daemon goes on without what needs it.

    What to do: `make prover` builds it (Rust, `protoc`, `clang`). Put `zk-operator-prover` on the path, or
    configure where it is. Nothing else needs Rust.
    """

    code: ClassVar[str] = "ZKO-HST-001"
    exit_code: ClassVar[int] = 69


class HostStartFailed(HostError):
    """Raised when the prover host ends, or says nothing for too long, before it listens.

    Meaning: The host ended, or said nothing for too long, before it listened.

    What you see: A warning, and the code on the attempt that needed it.

    What to do: Read `light.log` or `prover.log` in the host's cache folder. A prover needs a minute or two to
    start, more on a loaded machine.
    """

    code: ClassVar[str] = "ZKO-HST-002"


class HostMemoryShort(HostError):
    """Raised when the machine has not the memory that the CPU prover needs.

    Meaning: The CPU prover needs `prover.cpu.memory_gb` (16 GiB) of free memory (7 GB idle, 15 to 24 GB at work),
    and the machine, or its control group, has less.

    What you see: Local proving is unavailable; other backends go on. Before a proof is asked for: `needed_bytes`
    and `free_bytes`. With `prover.cpu.warm`: `host.start_failed` in the log, and the operator runs; the first proof
    tries again.

    What to do: Free memory, raise the container's limit, or use the network. Lowering the limit does not help: the
    kernel would end the prover half way.
    """

    code: ClassVar[str] = "ZKO-HST-003"


class HostUnreachable(HostError):
    """Raised when the connection to the prover host breaks, or an answer does not come in time.

    Meaning: The connection to the host broke, or an answer did not come in time. A host that was ended while
    proving looks like this too.

    What you see: The attempt is lost and made again; the host is started again.

    What to do: If it repeats: `dmesg` for the out-of-memory killer, then the host's log in its cache folder.
    """

    code: ClassVar[str] = "ZKO-HST-004"
    disposition: ClassVar[Disposition] = Disposition.TRANSIENT


class HostAnswerMalformed(HostError):
    """Raised when the prover host answers something that its protocol does not allow.

    Meaning: The host answered something that its protocol does not allow; most likely it is of another version.

    What you see: The code, with what was wrong.

    What to do: Rebuild with `make prover` from the same checkout as the operator.
    """

    code: ClassVar[str] = "ZKO-HST-005"


class HostRefused(HostError):
    """Raised when the prover host refuses a program, an input or a proof that does not decode or does not run.

    Meaning: A program, an input or a proof does not decode or does not run.

    What you see: The code with the host's own words under `host_says`.

    What to do: For the batch program this is a defect: keep the batch's input and report it. For a file of your
    own, it is damaged or of another kind.
    """

    code: ClassVar[str] = "ZKO-HST-010"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class HostIncapable(HostError):
    """Raised when the prover host was started or built without what a request needs, or is too busy.

    Meaning: The host was started without the prover, built without what this kind of proof needs, or is too busy.

    What you see: The code with the host's own words under `host_says`, or, before a Groth16 proof is asked for,
    what it `lacks`.

    What to do: For Groth16 on this machine: build with `make prover-groth16` (feature `native-gnark`), and name the
    folder of the circuit files in `prover.cpu.circuits`: it contains `v6.1.0` with `groth16_circuit.bin`,
    `groth16_pk.bin`, `groth16_vk.bin` and the SDK's mark `.complete`.
    """

    code: ClassVar[str] = "ZKO-HST-011"


class HostProvingFailed(HostError):
    """Raised when proving failed, or SP1 broke off with a panic; the attempt is lost, the operator is not.

    Meaning: SP1 could not make the proof, or broke off with a panic.

    What you see: The attempt is lost; the batch is tried again, here or elsewhere.

    What to do: Read `prover.log` in the host's cache folder. Memory is the usual reason.
    """

    code: ClassVar[str] = "ZKO-HST-012"
    disposition: ClassVar[Disposition] = Disposition.TRANSIENT
