"""Errors that the zkVerify dev node and the aggregator raise to whoever runs them."""

from zk_acts.domain.errors import Disposition, OperatorError


class DevNodeBindFailed(OperatorError):
    """Raised when the zkVerify dev node cannot listen on the configured address.

    Meaning: The address or port given to the zkVerify dev node is in use, or does not belong to this machine.

    What you see: The devnet does not start; the error names `host` and `port`.

    What to do: Leave the port at 0 (a free one is taken and printed), or end what holds it. This part belongs to
    the devnet only.
    """

    code = "ZKO-DZV-001"
    disposition = Disposition.FATAL


class DevNodeConfigInvalid(OperatorError):
    """Raised when the zkVerify dev node's configuration has a value that cannot work.

    Meaning: A value of the dev node's configuration is impossible: a block time of zero, a negative finality lag,
    an account that is not 32 bytes, a genesis domain whose owner cannot pay its deposit or whose sizes are out of
    range (1 to 128 proofs, 1 to 16 aggregations).

    What you see: The devnet does not start; the error names the key and the value.

    What to do: Correct the value. A genesis domain's deposit is taken from its owner's genesis balance.
    """

    code = "ZKO-DZV-002"
    disposition = Disposition.FATAL


class AggregationContractMissing(OperatorError):
    """Raised when the aggregator finds no code at the address of the EVM aggregation contract.

    Meaning: The devnet's aggregator found no code at the address of the EVM contract that it posts aggregation
    roots to.

    What you see: The aggregator ends at once; the error names the address.

    What to do: Start it after the contracts are deployed, with the address that the deployment printed. A restarted
    anvil without a saved state has lost the contracts: deploy again.
    """

    code = "ZKO-DZV-003"
    disposition = Disposition.FATAL
