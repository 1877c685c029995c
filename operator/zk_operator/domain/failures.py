"""The failures that ports promise: what services decide on, whichever adapter is behind."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class LeaseLost(OperatorError):
    """Raised when the lease could not be renewed in time and another daemon may have taken over.

    Meaning: The daemon could not renew its lease before it expired: the process was stopped or starved for longer
    than the lease lasts, the clock was set forward, or another daemon has taken over.

    What you see: The daemon stops at once, exit code 75, so that two never act for one account.

    What to do: Let the service manager start it again; what was in flight is resolved by query. If it repeats, look
    for long pauses (suspended machine, overloaded disk) and for a second daemon with the same database or key.
    """

    code: ClassVar[str] = "ZKO-LEA-002"
    disposition = Disposition.FATAL
    exit_code = 75


class EvmUnreachable(OperatorError):
    """Raised when no EVM endpoint answers in time.

    Meaning: Every configured HTTP endpoint failed: no connection, no answer in time, HTTP 403, 429 or 5xx, or
    something that is not JSON-RPC.

    What you see: `endpoint.failed` warnings with each endpoint's own reason; readiness turns false and the chain's
    lag grows. At start-up the process ends with exit code 69. No order is lost: the scan goes on where it stopped,
    and what was sent is resolved by query.

    What to do: Check the endpoints with `zk-operator status`. Add a second provider to `[evm] http`. For rate
    limits, raise `poll_interval_s` or the provider's plan.
    """

    code: ClassVar[str] = "ZKO-EVM-001"
    disposition = Disposition.TRANSIENT
    exit_code = 69


class MalformedAnswer(OperatorError):
    """Raised when an endpoint's answer is not what the protocol says.

    Meaning: An answer lacks fields, has logs outside the range or of another contract, removed logs, two blocks of
    one height, or the chain moved while a range was being read.

    What you see: A warning; the range is read again, at another endpoint where there is one.

    What to do: A single one around a reorg is normal. Repeated ones name the endpoint: replace it, it may be a load
    balancer over nodes that disagree.
    """

    code: ClassVar[str] = "ZKO-EVM-002"
    disposition = Disposition.TRANSIENT


class WrongChain(OperatorError):
    """Raised when an endpoint serves another chain than the configured one.

    Meaning: `eth_chainId` differs from the configured chain id.

    What you see: The process ends with exit code 78 and names endpoint and both chain ids.

    What to do: Correct `[evm] chain_id` or the endpoint's URL. If it appears while the daemon runs, the provider
    changed what is behind the URL: remove that endpoint.
    """

    code: ClassVar[str] = "ZKO-EVM-003"
    disposition = Disposition.FATAL
    exit_code = 78


class NoContractCode(OperatorError):
    """Raised when a configured contract address has no code.

    Meaning: The manager, the quoter, or an address that the manager names has no code at the latest block.

    What you see: The process ends with exit code 78 and shows the address.

    What to do: Check `[evm] manager` and `quoter`, and that the chain id belongs to the network where they are
    deployed.
    """

    code: ClassVar[str] = "ZKO-EVM-004"
    disposition = Disposition.FATAL
    exit_code = 78


class ContractMismatch(OperatorError):
    """Raised when the contract is configured otherwise than this operator (domain, keys, recursion root).

    Meaning: The contract's EIP-712 domain, zkVerify domain, program vkey, verifying key hash or recursion root is
    not the configured one. A batch built with this configuration would never settle.

    What you see: The process ends with exit code 78 and shows both values.

    What to do: Compare the configuration with the deployment's. After a change of the contract's configuration
    (`ConfigApplied`), update the operator's and restart it.
    """

    code: ClassVar[str] = "ZKO-EVM-005"
    disposition = Disposition.FATAL
    exit_code = 78


class CallReverted(OperatorError):
    """Raised when a call that was simulated before sending would revert.

    Meaning: The call was simulated before sending, and reverted; nothing was sent or paid. The reason is the
    contract's own error with its arguments where it is one of ours.

    What you see: A warning with `reason=`. The batch is looked at again: what can be settled is, the rest stays
    open.

    What to do: By reason: `BatchExpired`: the batch took longer than its validity, see the stage durations.
    `ReceiptNotVerified`: the aggregation root is not there yet, or of another batch. `CertificateNotVerified`: the
    signer is not on the verifier's list. `EnforcedPause`: the contract's owner paused it. `NothingRefundable`: somebody
    else refunded it first.
    """

    code: ClassVar[str] = "ZKO-EVM-006"
    disposition = Disposition.REJECTED


class ReorgTooDeep(OperatorError):
    """Raised when no scanned block is canonical any more: the chain was rewritten below our records.

    Meaning: No scanned block is canonical any more: the reorg is deeper than the blocks that are remembered, or the
    endpoint serves another history.

    What you see: The process ends. Nothing is written.

    What to do: Compare the head's hash with a block explorer. If a development chain was started anew, start with a
    new database. On a real network, check the endpoint first; a finalized block that disappeared is an incident of
    the network.
    """

    code: ClassVar[str] = "ZKO-EVM-007"
    disposition = Disposition.FATAL


class DepthUnknown(OperatorError):
    """Raised when no EVM endpoint can say which block is at a depth that is configured as a tag.

    A fresh chain has no `safe` or `finalized` block yet, some chains never do: then a number of confirmations is the depth.

    Meaning: `evm.see_at`, `evm.spend_at` or `evm.done_at` is a tag (`safe`, `finalized`), and no configured EVM
    endpoint says which block that is. A fresh chain has no such block yet; some chains and some gateways never have
    one.

    What you see: At the start: the daemon ends with exit code 69 and names the setting. While it runs: an alert,
    `Down` for the services that need the depth, and nothing new is bought; what is under way is followed on.

    What to do: Ask the endpoint: `cast block safe`, `cast block finalized`. If the tag is not known there, use
    another endpoint, or configure a number of confirmations instead of the tag (`spend_at = 12`, `done_at = 64`).
    On a chain that has just started, wait for its first finalized block.
    """

    code: ClassVar[str] = "ZKO-EVM-008"
    disposition = Disposition.DEGRADED
    exit_code = 69


class ProverUnreachable(OperatorError):
    """Raised when a prover backend does not answer in time.

    Meaning: The prover network did not answer in time, or answered that it cannot at the moment.

    What you see: A warning; the pass is repeated with back-off. Requests that were accepted go on; nothing is sent
    twice. Balance and status of prover requests are unknown meanwhile.

    What to do: Check `prover.network.endpoint` and the network's status page. If it lasts, batches expire and their
    orders go into later ones.
    """

    code: ClassVar[str] = "ZKO-PRV-001"
    disposition = Disposition.TRANSIENT
    exit_code = 69


class RequestUnexecutable(OperatorError):
    """Raised when the program did not run to a clean end on the batch's input; the network may charge for it.

    Meaning: The program did not run to a clean end on the batch's input. The network may charge up to the reserved
    maximum for it.

    What you see: The attempt is failed, with the cause and what was paid; no network is asked for this batch again.
    The batch is given up with this code, unless a local prover makes the proof. `prover prove` refuses the input.

    What to do: A batch that breaks the rule would be a fault of this program: keep the batch id and report it. If
    the cause is a cycle or gas limit, raise `prover.network.cycles_per_order` or `gas_per_order`.
    """

    code: ClassVar[str] = "ZKO-PRV-041"
    disposition = Disposition.REJECTED


class ProofMalformed(OperatorError):
    """Raised when a returned proof does not decode.

    Meaning: A downloaded proof does not decode, is larger than allowed, or contradicts itself.

    What you see: An error per download. After a few the attempt counts as used, and the batch is requested anew.
    Nothing was sent to zkVerify.

    What to do: If it repeats with one network, it may have moved to another SP1 version: compare with
    `prover.circuit`.
    """

    code: ClassVar[str] = "ZKO-PRV-010"
    disposition = Disposition.REJECTED


class ProofMismatch(OperatorError):
    """Raised when a returned proof is of another program, public values, exit code or recursion root.

    Meaning: A proof that decodes is of another circuit, exit code, recursion root or public values than was asked
    for.

    What you see: An error; the proof is not used and nothing was paid to zkVerify.

    What to do: Compare `prover.circuit` and `prover.program_vkey` with what the network proves. If public values
    differ, keep the proof's address and report it: a prover made something that nobody asked for.
    """

    code: ClassVar[str] = "ZKO-PRV-011"
    disposition = Disposition.REJECTED
