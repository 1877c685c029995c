"""The ways in which an included extrinsic fails: its fee is paid, and its code says why."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class NotAggregated(OperatorError):
    """Raised when a verified proof went into no aggregation, for a cause that we do not know.

    Meaning: The proof was verified and paid for, but went into no aggregation, for a cause that we do not know.

    What you see: The cause as the chain names it; the fee is in the ledger.

    What to do: Look at the cause. The proof is kept and is submitted again.
    """

    code: ClassVar[str] = "ZKO-ZKV-020"
    disposition: ClassVar[Disposition] = Disposition.DEGRADED


class AggregatedWithoutAccount(NotAggregated):
    """Raised when a proof was not aggregated because it was submitted without an account.

    Meaning: The proof was submitted without an account (as root), so that nobody could be charged for the
    aggregation.

    What you see: Cannot come from this operator, which always signs.

    What to do: Report it with the extrinsic's hash.
    """

    code = "ZKO-ZKV-021"


class DomainNotRegistered(NotAggregated):
    """Raised when a proof was not aggregated because its domain does not exist.

    Meaning: The domain vanished between our look and the inclusion.

    What you see: The fee was paid, the hold was not taken; the proof is kept.

    What to do: As for ZKO-ZKV-008.
    """

    code = "ZKO-ZKV-022"


class DomainStorageFull(NotAggregated):
    """Raised when a proof was not aggregated because the domain's publishing queue is full.

    Meaning: The domain's queue of complete aggregations is full, because nobody publishes them.

    What you see: The fee was paid; the proof is kept and submitted again later.

    What to do: Publishing makes room: whoever is entitled may call `aggregate`. Otherwise choose a domain whose
    publisher keeps up.
    """

    code = "ZKO-ZKV-023"
    disposition = Disposition.TRANSIENT


class HoldNotFunded(NotAggregated):
    """Raised when a proof was not aggregated because the account could not fund the domain's hold.

    Meaning: After the fee the account could not fund the domain's hold (aggregation and delivery share).

    What you see: The fee was paid; submissions wait for funds.

    What to do: Fund the account. Several submissions at a time can exhaust it although each was affordable alone.
    """

    code = "ZKO-ZKV-024"


class DomainNotReady(NotAggregated):
    """Raised when a proof was not aggregated because the domain is on hold or removed.

    Meaning: The domain's owner put it on hold or removed it between our look and the inclusion.

    What you see: The fee was paid; the proof is kept.

    What to do: As for ZKO-ZKV-008.
    """

    code = "ZKO-ZKV-025"


class SubmitterNotAllowed(NotAggregated):
    """Raised when a proof was not aggregated because the domain does not admit this account.

    Meaning: The domain takes proofs from its owner or an allow-list only.

    What you see: The fee was paid; every further try would cost as much.

    What to do: Have the account put on the domain's allow-list, or use another domain.
    """

    code = "ZKO-ZKV-026"


class OutcomeUnreadable(OperatorError):
    """Raised when an act took effect in a block whose events no endpoint keeps: whether it succeeded cannot be read.

    It counts as failed, and as having cost what was quoted.

    Meaning: An extrinsic is in a finalized block (or its nonce is used), and every endpoint has dropped the events
    of that block: nodes keep 256 blocks of state, 25 minutes, by default. What is still to be seen in the present
    state (a proof that waits in its aggregation, a registered key) is used; here nothing was.

    What you see: `extrinsic.given_up` in the log, the act `failed` with this code and `paid` as it was quoted: at
    least what it cost. It counts as an attempt, and the account goes on with other acts. Before that it is asked
    for three times, with `extrinsic.unreadable`.

    What to do: Look in an explorer at the block that the line names. A proof may have been verified without our
    knowing: its batch has it verified again. For a domain, `zkverify domain list` shows whether it exists. To be
    spared of this, have one archive endpoint among `zkverify.ws`.
    """

    code: ClassVar[str] = "ZKO-ZKV-027"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class ProofRefused(OperatorError):
    """Raised when an extrinsic was included and failed, for a reason that has no code of its own.

    Meaning: The extrinsic was included and failed for a reason without a code of its own.

    What you see: Pallet and error as the chain names them; the fee was paid.

    What to do: Look the error up in the pallet. It is not retried by itself.
    """

    code: ClassVar[str] = "ZKO-ZKV-030"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class InputsRefused(ProofRefused):
    """Raised when the verifier refused the public inputs: wrong number or size.

    Meaning: The number or size of public inputs does not fit the key.

    What you see: The batch is given up; the fee was paid.

    What to do: The circuit in the configuration is not the prover's. Check `prover.circuit`.
    """

    code = "ZKO-ZKV-031"


class ProofUndecodable(ProofRefused):
    """Raised when the verifier could not decode the proof.

    Meaning: zkVerify could not decode a proof that passed the check here.

    What you see: The batch is given up; the fee was paid.

    What to do: Report it with the proof: encoding here and on the chain differ, probably after a runtime upgrade.
    """

    code = "ZKO-ZKV-032"


class ProofNotVerified(ProofRefused):
    """Raised when the verifier found the proof false.

    Meaning: zkVerify's pairing check failed although the one here passed.

    What you see: The batch is given up; the fee was paid.

    What to do: Report it with the proof. The registered key's bytes may differ from the configured key's.
    """

    code = "ZKO-ZKV-033"


class VkInvalid(ProofRefused):
    """Raised when the verifier refused the verifying key.

    Meaning: zkVerify does not accept the key that was to be registered.

    What you see: Nothing can be submitted; the fee was paid.

    What to do: The configured key file is wrong or damaged. Check its sha256 against the circuit's.
    """

    code = "ZKO-ZKV-034"
    disposition = Disposition.FATAL


class VkNotRegistered(ProofRefused):
    """Raised when the verifying key was not registered when the proof was verified.

    Meaning: The proof named a key that was not registered in the block of its inclusion.

    What you see: The fee was paid; the key is registered and the proof is submitted again.

    What to do: If it happens again, its last holder unregistered it: keep a registration of your own.
    """

    code = "ZKO-ZKV-035"
    disposition = Disposition.TRANSIENT


class VerifierDisabled(ProofRefused):
    """Raised when zkVerify has switched this verifier off.

    Meaning: zkVerify's governance has disabled the Groth16 verifier.

    What you see: Submissions wait; nearly the whole fee is refunded.

    What to do: Wait for zkVerify; see its announcements.
    """

    code = "ZKO-ZKV-036"
    disposition = Disposition.DEGRADED


class VerifierVersionUnsupported(ProofRefused):
    """Raised when the verifier does not support the proof's version.

    Meaning: The proof's version is not supported by the verifier.

    What you see: The batch is given up; the fee was paid.

    What to do: Update the operator, or choose a circuit that the chain supports.
    """

    code = "ZKO-ZKV-037"


class FundsUnavailable(ProofRefused):
    """Raised when the account could not fund a deposit or a transfer of an included extrinsic.

    Meaning: The account could not fund the deposit of a registration.

    What you see: The fee was paid; registration waits.

    What to do: Fund the account: about 5 VFY are held for one SP1 Groth16 key, and come back when it is
    unregistered.
    """

    code = "ZKO-ZKV-038"
    disposition = Disposition.DEGRADED


class DomainActRefused(OperatorError):
    """Raised when a change of a domain was included and failed, for a reason that has no code of its own.

    Meaning: An extrinsic to the Aggregate pallet was included and failed for a reason that has no code of its own;
    `detail` names it.

    What you see: The fee was paid; the domain is unchanged.

    What to do: Look the error up in the chain's explorer by the block; report it if the chain has a new error.
    """

    code: ClassVar[str] = "ZKO-ZKV-050"
    disposition: ClassVar[Disposition] = Disposition.REJECTED


class DomainUnknown(DomainActRefused):
    """Raised when a domain that was to be changed or published does not exist.

    Meaning: A domain that was to be changed or published is not registered on this chain.

    What you see: The fee was paid.

    What to do: Compare the id with `zkverify domain list`: ids of Volta and mainnet are different.
    """

    code = "ZKO-ZKV-051"


class AggregationNotPublishable(DomainActRefused):
    """Raised when an aggregation was published already, is empty, or does not exist yet.

    Meaning: The aggregation was published already (a race with another publisher), is empty, or has not been
    reached.

    What you see: About 0.002 VFY of fee was paid. For the publisher service this is normal where others publish,
    too.

    What to do: Nothing, unless it happens all the time: then another publisher is always faster, and
    `zkverify.publish` is better set to `never` or `age`.
    """

    code = "ZKO-ZKV-052"


class DomainParametersRefused(DomainActRefused):
    """Raised when a domain's sizes are out of range, or its rules do not allow the change.

    Meaning: Sizes are out of range (aggregation 1 to 128, queue 1 to 16), or an allow-list was changed of a domain
    that has none or takes no proofs.

    What you see: The fee was paid; nothing changed.

    What to do: Correct the sizes; allow-lists need a domain with `--proof-rules OnlyAllowlisted` in state Ready.
    """

    code = "ZKO-ZKV-053"


class DomainStateRefused(DomainActRefused):
    """Raised when a domain's state does not allow the change.

    Meaning: For instance a domain was unregistered that is not Removable, or held twice.

    What you see: The fee was paid; nothing changed.

    What to do: `domain hold` first; then wait until its aggregations are published and its allow-list is empty,
    then `domain unregister`.
    """

    code = "ZKO-ZKV-054"


class NotEntitled(DomainActRefused):
    """Raised when the account may not do this: it is not the owner, or holds no such key.

    Meaning: The account is not the domain's owner, or gave up a key that it does not hold (another account
    registered it).

    What you see: The fee was paid; nothing changed.

    What to do: Use the account that registered the domain or the key: `zkverify domain list` and `vk list` show
    them.
    """

    code = "ZKO-ZKV-055"


CAUSES: dict[str, type[NotAggregated]] = {
    "NoAccount": AggregatedWithoutAccount,
    "DomainNotRegistered": DomainNotRegistered,
    "DomainStorageFull": DomainStorageFull,
    "InsufficientFunds": HoldNotFunded,
    "InvalidDomainState": DomainNotReady,
    "UnauthorizedUser": SubmitterNotAllowed,
}
"""Aggregate.CannotAggregate's causes, by variant name."""

VERIFIER_ERRORS: dict[str, type[ProofRefused]] = {
    "InvalidInput": InputsRefused,
    "InvalidProofData": ProofUndecodable,
    "VerifyError": ProofNotVerified,
    "InvalidVerificationKey": VkInvalid,
    "VerificationKeyNotFound": VkNotRegistered,
    "DisabledVerifier": VerifierDisabled,
    "UnsupportedVersion": VerifierVersionUnsupported,
}
"""Errors common to every verifier pallet, by variant name."""

DOMAIN_ERRORS: dict[str, type[DomainActRefused]] = {
    "UnknownDomainId": DomainUnknown,
    "InvalidAggregationId": AggregationNotPublishable,
    "NextAggregationIdUnavailable": AggregationNotPublishable,
    "InvalidDomainParams": DomainParametersRefused,
    "InvalidDomainState": DomainStateRefused,
    "MissedDeliveryOwnership": NotEntitled,
}
"""Errors of the Aggregate pallet, by variant name."""

ALREADY_REGISTERED = "VerificationKeyAlreadyRegistered"
