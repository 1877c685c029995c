"""What can go wrong with a prover, beyond what its port promises."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.failures import ActRefused
from zk_operator.domain.failures import ProverUnreachable


class ProverAnswerMalformed(ProverUnreachable):
    """Raised when the prover network answers something that its protocol does not allow.

    Meaning: The prover network answered something that its protocol does not allow: parameters of the wrong size,
    an amount that is no number.

    What you see: A warning with the field; the pass is repeated.

    What to do: Check that `prover.network.endpoint` is a prover network and that `prover.network.tree` names the
    protocol it speaks.
    """

    code: ClassVar[str] = "ZKO-PRV-002"


class ArtifactUnavailable(ProverUnreachable):
    """Raised when an input cannot be uploaded, or a proof not downloaded.

    Meaning: The input could not be uploaded, or the proof not downloaded. The host and status are in the log;
    addresses are not, as they carry credentials.

    What you see: A warning; the pass is repeated. A finished proof is not lost: its request is asked again for the
    address.

    What to do: Check that the operator's host may reach the artifact store. If downloads fail with 403 or 404 for
    long, ask the network's support.
    """

    code: ClassVar[str] = "ZKO-PRV-003"


class ProverRateLimited(ProverUnreachable):
    """Raised when the prover network answers that it is asked too often.

    Meaning: The prover network is asked too often.

    What you see: A warning; the pass is repeated with back-off.

    What to do: Raise `prover.network.poll_interval_s`, or ask for a higher limit.
    """

    code: ClassVar[str] = "ZKO-PRV-004"
    disposition: ClassVar[Disposition] = Disposition.RATE_LIMITED


class NonceRefused(ActRefused):
    """Raised when the prover network refuses a nonce that lies ahead of the account's.

    Meaning: The prover network refused a nonce that lies ahead of the account's. Nothing was paid.

    What you see: A warning; the request is made again with a fresh nonce.

    What to do: If it repeats, something else uses the same key: give every operator its own.
    """

    code: ClassVar[str] = "ZKO-PRV-020"


class RequestInvalid(ActRefused):
    """Raised when the prover network refuses the terms of a call.

    Meaning: The prover network refused the terms of a request. Nothing was paid. Its own words are in the log.

    What you see: A warning per attempt; further attempts follow until `prover.max_attempts`.

    What to do: Read the reason: a limit, a deadline, or a price that is no multiple of the tick.
    """

    code: ClassVar[str] = "ZKO-PRV-021"


class VersionUnsupported(ActRefused):
    """Raised when the prover network does not make proofs of the configured circuit version any more.

    Meaning: The prover network does not make proofs of the configured circuit version (any more).

    What you see: No batch is proved.

    What to do: Upgrade: a newer circuit needs its `groth16_vk.bin`, a registration of that key on zkVerify, and the
    settlement contract to be configured with it.
    """

    code: ClassVar[str] = "ZKO-PRV-022"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class CallForbidden(ActRefused):
    """Raised when the prover network does not let this account do what it asked for.

    Meaning: The prover network does not let this account do what it asked for.

    What you see: No batch is proved.

    What to do: Check that the key is the one that is registered (or on the gateway's allow-list).
    """

    code: ClassVar[str] = "ZKO-PRV-023"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class ProverBalanceRefused(ActRefused):
    """Raised when the prover network refuses a request because the account cannot pay for it.

    Meaning: The prover network refused a request because the account cannot cover the most it can cost. Nothing was
    paid.

    What you see: A warning; requests are tried again.

    What to do: Deposit PROVE, or lower `prover.network.gas_per_order` or `max_price_per_pgu`: their product is
    reserved per request.
    """

    code: ClassVar[str] = "ZKO-PRV-024"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class ProgramNotRegistered(ActRefused):
    """Raised when the prover network does not know the program that a request names.

    Meaning: The prover network does not know the program that a request names.

    What you see: A warning; the program is registered and the request repeated.

    What to do: Nothing, if it happens once. If it repeats, check `prover.program_vk_file` (see ZKO-PRV-031).
    """

    code: ClassVar[str] = "ZKO-PRV-025"
    disposition: ClassVar[Disposition] = Disposition.TRANSIENT


class RequestRateLimited(ActRefused):
    """Raised when the prover network refuses a paid act because there are too many.

    Meaning: The prover network refuses a paid act because there are too many. Nothing was paid.

    What you see: A warning; it is tried again.

    What to do: Ask for a higher limit, or make batches larger (`batching.max_age_s`).
    """

    code: ClassVar[str] = "ZKO-PRV-026"
    disposition: ClassVar[Disposition] = Disposition.RATE_LIMITED


class CallNotOffered(ActRefused):
    """Raised when the prover network does not offer a call; the configured tree may be the wrong one.

    Meaning: The prover network does not have a call that the configured protocol needs.

    What you see: No batch is proved.

    What to do: `prover.network.tree` is probably wrong: `auction` for the main network, `reserved` for capacity
    contracts and own gateways.
    """

    code: ClassVar[str] = "ZKO-PRV-027"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class PriceOutOfReach(OperatorError):
    """Raised when the prover network's price or base fee is above what the configuration allows.

    Meaning: The prover network asks for more than the configuration allows. Nothing was sent.

    What you see: A warning at every pass; batches wait until they expire.

    What to do: Compare the prices in the log with `prover.network.max_price_per_pgu` and `max_base_fee`.
    """

    code: ClassVar[str] = "ZKO-PRV-030"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class ProgramKeyMissing(OperatorError):
    """Raised when a program has to be registered and its full verifying key is not configured.

    Meaning: The network does not know the program, and the full verifying key that registering it takes is not
    configured.

    What you see: The process ends with exit code 78.

    What to do: Set `prover.program_vk_file` (bincode of the verifying key, as the program's build writes it).
    """

    code: ClassVar[str] = "ZKO-PRV-031"
    disposition: ClassVar[Disposition] = Disposition.FATAL
    exit_code: ClassVar[int] = 78


class WrongProgram(OperatorError):
    """Raised when a proof of another program than the configured one is asked for, or its vkey is none.

    Meaning: A proof of another program than the configured one is asked for, or the configured vkey is none.

    What you see: An error; at start it ends the process.

    What to do: Check `prover.program_vkey`: 0x and 64 hex digits, the first two of them 00.
    """

    code: ClassVar[str] = "ZKO-PRV-032"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class RequestFailed(OperatorError):
    """Raised when a proof request has ended without a proof; only its leaves are used, as codes of outcomes.

    Meaning: The common parent of the ways in which a request ends without a proof; it is not raised itself.

    What you see: -

    What to do: See the code of the outcome (ZKO-PRV-041 to 046).
    """

    code: ClassVar[str] = "ZKO-PRV-040"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class RequestUnfulfillable(RequestFailed):
    """Raised when the prover that took a request gave it up.

    Meaning: The prover that took a request gave it up. Usually nothing is charged.

    What you see: The attempt is failed; the next one offers more.

    What to do: If it repeats, consider `prover.network.whitelist = "uptime"`.
    """

    code: ClassVar[str] = "ZKO-PRV-042"


class RequestReverted(RequestFailed):
    """Raised when the prover network could not settle a request.

    Meaning: The prover network could not settle a request.

    What you see: The attempt is failed; a new one follows.

    What to do: Check the network's status page.
    """

    code: ClassVar[str] = "ZKO-PRV-043"


class RequestExpired(RequestFailed):
    """Raised when a request's deadline passed without a proof.

    Meaning: A request's deadline passed without a proof: the network says so, nobody had taken it, or an hour went
    by since.

    What you see: The attempt is failed. Another one was made ten seconds after the deadline, if the batch was still
    valid.

    What to do: Raise `prover.proof_timeout_s`, or the price.
    """

    code: ClassVar[str] = "ZKO-PRV-044"


class AuctionTimedOut(RequestFailed):
    """Raised when no prover took a request in time, and it was cancelled; usually the price cap is too low.

    Meaning: No prover took a request within `prover.network.auction_timeout_s` (or somebody asked to drop it); it
    was cancelled, which is free.

    What you see: The attempt is failed; the next one offers more.

    What to do: Usually the price cap is below the market: raise `prover.network.max_price_per_pgu`; it is a
    ceiling, not the price paid.
    """

    code: ClassVar[str] = "ZKO-PRV-045"


class ProofUriMissing(RequestFailed):
    """Raised when a request is fulfilled, but the network never says where the proof is.

    Meaning: The network says that a request is fulfilled, but until its deadline never said where the proof is.

    What you see: The attempt is failed and charged; a new one follows.

    What to do: Report the request id to the network's support.
    """

    code: ClassVar[str] = "ZKO-PRV-046"


class ProofKindUnusable(OperatorError):
    """Raised when a prover makes a kind of proof that zkVerify cannot verify on the configured route.

    Meaning: The Groth16 route needs Groth16 proofs. A local prover that is set to core or compressed proofs, or
    ZisK, makes proofs that zkVerify cannot verify on this route. Nothing was started.

    What you see: The backend is left alone (`prover.rested`, `zk_operator_prover_up` 0); `zk-operator prover prove`
    ends with exit code 78.

    What to do: Set `mode = "groth16"` for the backend and give it the circuit files (`SP1_GROTH16_CIRCUIT_PATH`),
    or take it out of `prover.backends`.
    """

    code: ClassVar[str] = "ZKO-PRV-013"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
    exit_code: ClassVar[int] = 78


class RequestDropped(RequestFailed):
    """Raised when a local proof was broken off because it is not needed any more.

    Meaning: Another prover was first, or the batch came to an end; the local job is not needed any more. Nothing
    was paid.

    What you see: The act ends as failed with this code.

    What to do: Nothing.
    """

    code: ClassVar[str] = "ZKO-PRV-047"


class GpuServerUnreachable(ProverUnreachable):
    """Raised when sp1-gpu-server does not listen, breaks the connection, or does not answer in time.

    Meaning: sp1-gpu-server does not listen at its socket, broke the connection, or did not finish in time. A proof
    that was under way is lost, and made again.

    What you see: Log `prover.rested` or `proof.failed` with this code; the router asks another backend.

    What to do: Look at the server's own log (`gpu/gpu-N.log` beside the database, or its unit's transitions) and at
    `nvidia-smi`.
    """

    code: ClassVar[str] = "ZKO-PRV-050"


class GpuServerUnsuitable(OperatorError):
    """Raised when sp1-gpu-server is not there, or is of another version than the one that is spoken here.

    Meaning: The configured `prover.gpu.binary` is not there, or its `--version` is not the one that is spoken here
    (6.10.0). Server and client must be equal to the last digit.

    What you see: `zk-operator prover status` shows it; the backend is left alone.

    What to do: Build or copy the right version (`make prover-gpu`). `says` has what the binary wrote: a missing
    `libcudart.so.13` means that it was copied without its `lib` folder.
    """

    code: ClassVar[str] = "ZKO-PRV-051"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
    exit_code: ClassVar[int] = 69


class GpuProvingFailed(OperatorError):
    """Raised when sp1-gpu-server answers that it failed, or answers something that its protocol does not allow.

    Meaning: sp1-gpu-server answered with an error, or with something that its protocol does not have. `server_says`
    has its words.

    What you see: The act ends as failed with this code; the router goes on.

    What to do: Out of memory: 24 GB of GPU memory are needed. Otherwise see the server's log.
    """

    code: ClassVar[str] = "ZKO-PRV-052"
    disposition: ClassVar[Disposition] = Disposition.TRANSIENT


class GpuServerEnded(OperatorError):
    """Raised when sp1-gpu-server ends by itself: no CUDA device, a driver that is too old, or a failure at work.

    Meaning: sp1-gpu-server, started by the operator, ended by itself: at once, or in the middle of a proof. `says`
    has the last lines of its output.

    What you see: Log `proof.failed` or `prover.rested` with this code, `exit_code` and `says`; the router asks
    another backend. The next request starts the server again. Its output is in `gpu/gpu-N.log` beside the database,
    that of the one before it in `gpu/gpu-N.log.1`.

    What to do: By what `says` tells:

    | text | cause |
    |---|---|
    | `CUDA driver version is insufficient` | no NVIDIA driver, or one older than 580: `nvidia-smi` |
    | `no CUDA-capable device is detected` | no device of that number (`prover.gpu.devices`), or its files under `/dev` are hidden. The systemd unit hides them (`PrivateDevices`): run the server in a unit of its own, see [deploying](../../deploy/systemd/README.md) |
    | `no kernel image is available` | the server was built for other devices: build it with the right `CUDA_ARCHS` |
    | `out of GPU memory` | 24 GB are needed, and nothing else on the device |
    | `Failed to bind to socket addr` | a stale `/tmp/sp1-cuda-N.sock` of another user: remove it |
    """

    code: ClassVar[str] = "ZKO-PRV-053"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
    exit_code: ClassVar[int] = 69


class GpuDeviceTaken(OperatorError):
    """Raised when another server than the operator's own listens for the device.

    Meaning: A server listens at the device's socket (`/tmp/sp1-cuda-N.sock`) that is not the one the operator
    started: left over from an operator that was killed, started by hand, or another user's. Two servers on one
    device would take each other's memory and socket, so none is started; and inputs go to no other user's process.

    What you see: `zk-operator prover status` shows it, with the process (`pid`) or the user (`uid`); the backend is
    left alone.

    What to do: End that process, or leave `prover.gpu.binary` empty to use the server that runs. It has to run as
    the operator's user, or as root.
    """

    code: ClassVar[str] = "ZKO-PRV-054"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
    exit_code: ClassVar[int] = 69


class GpuCircuitsMissing(OperatorError):
    """Raised when a GPU server of the operator's is to make Groth16 proofs without SP1's circuit files.

    Meaning: `prover.gpu.mode` is `groth16`, the operator starts the server itself, and SP1's Groth16 circuit (6.2
    GB packed, 7.8 GB on disk) is not in the folder named by `prover.gpu.circuits`, `SP1_GROTH16_CIRCUIT_PATH`, or
    `~/.sp1/circuits/groth16`: the subfolder `v6.1.0` with the mark `.complete` is missing. The server would load it
    in the middle of a proof.

    What you see: `zk-operator prover status` shows it with the folder; the backend is left alone.

    What to do: Put SP1's files there (`v6.1.0-groth16.tar.gz` unpacked into `v6.1.0`, then an empty file
    `.complete`), or take `gpu` out of `prover.backends`.
    """

    code: ClassVar[str] = "ZKO-PRV-055"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
    exit_code: ClassVar[int] = 69


class ZiskMissing(OperatorError):
    """Raised when ZisK is asked for and cargo-zisk is not installed.

    Meaning: ZisK was asked for and `cargo-zisk` was not found on the path or at `prover.zisk.binary`.

    What you see: `zk-operator prover` with `--backend zisk` ends with exit code 69.

    What to do: Install ZisK, or name the binary.
    """

    code: ClassVar[str] = "ZKO-PRV-060"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED
    exit_code: ClassVar[int] = 69


class ZiskFailed(OperatorError):
    """Raised when cargo-zisk ends with an error, takes too long, or leaves no proof behind.

    Meaning: The child process ended with an error, took too long, or left no proof. `stderr` has its last words.

    What you see: `zk-operator prover prove --backend zisk` ends with this code.

    What to do: Run the same command by hand; check that the ELF was built for ZisK.
    """

    code: ClassVar[str] = "ZKO-PRV-061"
    disposition: ClassVar[Disposition] = Disposition.REJECTED
