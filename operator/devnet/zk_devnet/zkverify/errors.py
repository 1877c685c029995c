"""Errors that the zkVerify dev node and the aggregator raise to whoever runs them."""

from zk_operator.domain.errors import Disposition, OperatorError


class DevNodeBindFailed(OperatorError):
    """Raised when the zkVerify dev node cannot listen on the configured address."""

    code = "ZKO-DZV-001"
    disposition = Disposition.FATAL


class DevNodeConfigInvalid(OperatorError):
    """Raised when the zkVerify dev node's configuration has a value that cannot work."""

    code = "ZKO-DZV-002"
    disposition = Disposition.FATAL


class AggregationContractMissing(OperatorError):
    """Raised when the aggregator finds no code at the address of the EVM aggregation contract."""

    code = "ZKO-DZV-003"
    disposition = Disposition.FATAL
