"""Errors of zkVerify as such: the network, its answers, and what its pool refuses."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.failures import ActBanned, ActRefused, AmbiguousOutcome, OfferTooLow
from zkverify_client.domain.receipt_errors import ReceiptUnprovable


class MalformedChainAnswer(OperatorError):
    """Raised when a zkVerify endpoint's answer is not what the protocol or the metadata says.

    Meaning: An endpoint answered with something that is not JSON-RPC, or with bytes that its own metadata does not
    explain.

    What you see: The call is tried on another endpoint; with only one, the service backs off and tries again.

    What to do: Once: nothing. Repeatedly: the endpoint is broken or a gateway rewrites its answers; remove it. If
    it began with a runtime upgrade, update the operator.
    """

    code = "ZKO-ZKV-002"
    disposition = Disposition.TRANSIENT


class WrongNetwork(OperatorError):
    """Raised when an endpoint serves another chain than the configured zkVerify network.

    Meaning: The endpoint's genesis hash or runtime name is not the configured one.

    What you see: An endpoint of several that is wrong is left out, with a line `zkverify_endpoint.failed` in the
    log. The daemon stops with exit code 78, naming endpoint, found and expected value, when every endpoint is
    wrong.

    What to do: Correct `zkverify.ws` or `zkverify.genesis_hash`. A devnet that was set up anew has a new genesis.
    """

    code = "ZKO-ZKV-003"
    disposition = Disposition.FATAL
    exit_code = 78


class RuntimeUnsupported(OperatorError):
    """Raised when the chain's runtime lacks something that we need or demands something unknown.

    Meaning: The chain's runtime lacks a pallet, call, event or storage item that we need, or demands a signed
    extension that we do not know.

    What you see: The name of the missing or unknown part; nothing is submitted.

    What to do: Update the operator: the chain was upgraded. Proofs are kept and are submitted afterwards.
    """

    code = "ZKO-ZKV-004"
    disposition = Disposition.DEGRADED


class StatePruned(OperatorError):
    """Raised when no endpoint keeps the state of an old block that an outcome depends on.

    Meaning: Something depends on a block whose state no endpoint keeps; nodes keep 256 blocks (25 minutes) by
    default. All configured endpoints were asked.

    What you see: `zkverify watch --from-block` of an old block ends with it. Acts and receipts do not: what became
    of an act is told from the block's body, from the present state, or given up ([ZKO-ZKV-027](ZKO-ZKV-027.md)); a
    receipt is [ZKO-ZKV-041](ZKO-ZKV-041.md).

    What to do: Add an archive endpoint.
    """

    code: ClassVar[str] = "ZKO-ZKV-005"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class ArchiveUnreachable(StatePruned):
    """Raised when the endpoints that answer do not keep an old block, and another that might does not answer.

    Meaning: The endpoints that answer have dropped the state of a block (they keep 25 minutes by default). Another
    one that is configured might have it, and does not answer, or not sensibly.

    What you see: The act or receipt that depends on the block waits; others go on. `pruned` says how many endpoints
    have said that it is gone.

    What to do: Bring the other endpoint back, or take it out of the configuration if it is gone for good: what
    cannot be read is then given up ([ZKO-ZKV-027](ZKO-ZKV-027.md)).
    """

    code = "ZKO-ZKV-028"
    disposition = Disposition.TRANSIENT


class BlockUnknown(OperatorError):
    """Raised when an endpoint does not know a block that was named to us: it lags, or is on another fork.

    Meaning: An endpoint was asked for a block that had been named to us before, and does not know it: it lags
    behind, follows another fork, or is one of several nodes behind one address.

    What you see: The read is repeated with another endpoint and at the next pass. Nothing is decided by it.

    What to do: Nothing, if it is rare. Otherwise use an endpoint that is one node, or one whose nodes are kept
    together.
    """

    code = "ZKO-ZKV-029"
    disposition = Disposition.TRANSIENT


class RpcRefused(OperatorError):
    """Raised when a zkVerify endpoint answers a call with an error that has no meaning of its own here.

    Meaning: An endpoint answered a call with an error that has no meaning of its own for us: a forbidden method, a
    rate limit, an internal error.

    What you see: The method with the node's code and text; the service tries again later.

    What to do: Rate limits: use an endpoint with a key, or another. Forbidden methods: use an endpoint that allows
    `state_*`, `chain_*` and `author_*`.
    """

    code = "ZKO-ZKV-006"
    disposition = Disposition.TRANSIENT


class StatementMismatch(OperatorError):
    """Raised when a proof's statement is not the one that the configured key and its inputs give.

    Meaning: The statement of a proof to be submitted is not the one that the configured verifying key and the
    public inputs give, or no such key is configured.

    What you see: The batch is not submitted; nothing was paid.

    What to do: The circuit in the configuration and the prover's circuit differ. Check `prover.circuit` and the
    prover's version.
    """

    code = "ZKO-ZKV-007"
    disposition = Disposition.REJECTED


class DomainNotUsable(OperatorError):
    """Raised when the aggregation domain does not exist or takes no proofs; nothing was paid.

    Meaning: Before spending anything the domain was looked up: it does not exist, or is on hold, removable or
    removed.

    What you see: Domain id and state; submissions wait.

    What to do: Check `zkverify.domain_id` against the settlement contract's domain. A domain on hold never comes
    back: both have to move to another.
    """

    code: ClassVar[str] = "ZKO-ZKV-008"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class DomainFull(DomainNotUsable):
    """Raised when the domain's publishing queue is full, so that a proof would be paid for in vain; nothing was paid.

    Meaning: All places of the domain's publishing queue hold complete aggregations that nobody has published. A
    proof would be verified and paid for, but not aggregated, so it is not sent.

    What you see: The batch waits in `proved`; nothing was paid.

    What to do: Publish: `zkverify aggregate`, or `zkverify.publish = "complete"` in the settings. On a
    system domain its operator's aggregator is late: wait, or use another domain that the settlement contract
    accepts.
    """

    code = "ZKO-ZKV-019"
    disposition = Disposition.TRANSIENT


class TipCapReached(OperatorError):
    """Raised when a replacement would need a larger tip than is configured.

    Meaning: An extrinsic has to be replaced and the replacement would need a higher tip than the cap (0.1 VFY).

    What you see: The pending extrinsic stays; it is included or lapses with its era.

    What to do: Wait: the chain is congested. A higher `zkverify.tip_planck` lifts new submissions from the start.
    """

    code = "ZKO-ZKV-009"
    disposition = Disposition.DEGRADED


class ExtrinsicInvalid(ActRefused):
    """Raised when the pool refuses an extrinsic as invalid; nothing was paid.

    Meaning: The pool refused an extrinsic as invalid, malformed or contradictory (RPC 1001, 1002, 1010, 1015, 1018,
    1019). Nothing was paid.

    What you see: The node's code and text.

    What to do: It is signed anew. If that is refused as well, update the operator.
    """

    code = "ZKO-ZKV-010"


class SignatureRefused(ActRefused):
    """Raised when the pool refuses the signature, as after a runtime upgrade; it has to be signed anew.

    Meaning: The node computed another signing payload than we did. After a runtime upgrade this is normal for
    everything that was signed before.

    What you see: RPC 1010 "bad signature"; the extrinsic is signed anew under the same nonce for the new runtime.

    What to do: Nothing, after an upgrade. Without one, check that the account's key file belongs to this network
    and that all endpoints serve the same chain.
    """

    code = "ZKO-ZKV-011"


class ExtrinsicExpired(ActRefused):
    """Raised when the extrinsic's mortal era is over.

    Meaning: The blocks in which the extrinsic was valid have passed.

    What you see: It lapses and is signed anew; nothing was paid.

    What to do: If it happens often, raise `zkverify.tip_planck`, or see why the node does not include our
    extrinsics.
    """

    code = "ZKO-ZKV-012"
    disposition = Disposition.EXPIRED


class PriorityTooLow(OfferTooLow):
    """Raised when the pool holds another extrinsic with this nonce and at least this priority.

    Meaning: The pool holds an extrinsic of this account with the same nonce and at least the same priority.

    What you see: A replacement is refused.

    What to do: If this operator sent the other one, it will be included. If not, somebody uses the same account:
    give every daemon its own.
    """

    code = "ZKO-ZKV-013"


class PoolFull(ActRefused):
    """Raised when the pool drops an extrinsic at once for lack of room, and bans these bytes: sign anew, later.

    Meaning: The node dropped the extrinsic at once, and bans these bytes for half an hour (RPC 1016, 1021). Nothing
    was paid.

    What you see: It is signed anew under the same nonce and sent later.

    What to do: Set a tip: any tip goes before the untipped. Or add another endpoint.
    """

    code = "ZKO-ZKV-014"
    disposition = Disposition.TRANSIENT


class ValidityUnknown(OperatorError):
    """Raised when the node cannot tell whether an extrinsic is valid; the same bytes may be sent again.

    Meaning: The node had no state to check the extrinsic by, or sees a gap before its nonce (RPC 1011, 1020).

    What you see: The same bytes are sent again later.

    What to do: Nothing, unless it lasts: then the node is not in sync.
    """

    code = "ZKO-ZKV-015"
    disposition = Disposition.TRANSIENT


class TemporarilyBanned(ActBanned):
    """Raised when the pool bans these bytes for a while: dropped before, or in a recent block already.

    Meaning: The pool takes these bytes no more for a while: they were dropped before, or are in a recent block
    already (RPC 1012).

    What you see: The outcome is resolved by query before anything else happens.

    What to do: Nothing. If it was not included, it is signed anew or lapses with its era.
    """

    code = "ZKO-ZKV-016"


class NonceStale(AmbiguousOutcome):
    """Raised when the nonce is used already, by these very bytes or by others.

    Meaning: Some extrinsic with this nonce is in a block: these very bytes, or others.

    What you see: The outcome is resolved by query: included, or lapsed because another one took the nonce.

    What to do: If it lapsed and this operator did not send the other one, somebody uses the same account: give
    every daemon its own.
    """

    code = "ZKO-ZKV-017"


class DryRunFailed(OperatorError):
    """Raised when a node that executed the extrinsic on trial says that it would fail; nothing was paid.

    Meaning: With `zkverify.dry_run` on, a node executed the signed extrinsic on its best state before it was sent,
    and it failed there. Nothing was sent, nothing was paid. `reason` names the pallet's error or the pool's.

    What you see: The batch stays at its stage and is tried again, until its attempts or its time run out.

    What to do: Look the reason up among ZKO-ZKV-030 to 038 (verifier) and 050 to 055 (domain). If the same proof
    passes elsewhere, the node that was asked is behind: put another endpoint first, or turn `zkverify.dry_run` off.
    """

    code = "ZKO-ZKV-018"
    disposition = Disposition.REJECTED


class SignerAbsent(OperatorError):
    """Raised when something has to be signed, and the account's key is elsewhere.

    Meaning: An act of an account whose key is not here has to be signed: one that was signed elsewhere was lost or
    became invalid (a runtime upgrade), and another signature is needed.

    What you see: The call that follows the act ends with it. Nothing was sent by it.

    What to do: Build the extrinsic anew with the same nonce (`client.offline.build`), have it signed, and send
    that: at most one of the two takes effect.
    """

    code = "ZKO-ZKV-043"
    disposition = Disposition.REJECTED


class ReceiptMismatch(OperatorError):
    """Raised when an endpoint's Merkle path does not prove our statement under the receipt in the event.

    Meaning: An endpoint's path does not lead from our statement to the root in the finalized event.

    What you see: The receipt is not believed and is asked for again.

    What to do: If it lasts, the endpoint is broken or dishonest: remove it.
    """

    code = "ZKO-ZKV-040"
    disposition = Disposition.TRANSIENT


class StatementNotInAggregation(ReceiptUnprovable):
    """Raised when an aggregation is published and its leaves are known, and the statement is none of them.

    Meaning: The aggregation is published, all of its leaves are known and give its root, and the statement is none
    of them.

    What you see: `zkverify receipt` ends with it; `leaves` is how many there are.

    What to do: Take `--domain`, `--aggregation` and `--from-block` as `zkverify submit` printed them:
    `aggregation_id` and `block`. `zkverify watch` shows where a statement went (`Aggregate.NewProof`).
    """

    code = "ZKO-ZKV-042"
    disposition = Disposition.REJECTED
