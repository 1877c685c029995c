from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MessageFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MESSAGE_FORMAT_UNSPECIFIED: _ClassVar[MessageFormat]
    MESSAGE_FORMAT_BINARY: _ClassVar[MessageFormat]
    MESSAGE_FORMAT_JSON: _ClassVar[MessageFormat]

class ProofMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROOF_MODE_UNSPECIFIED: _ClassVar[ProofMode]
    PROOF_MODE_CORE: _ClassVar[ProofMode]
    PROOF_MODE_COMPRESSED: _ClassVar[ProofMode]
    PROOF_MODE_PLONK: _ClassVar[ProofMode]
    PROOF_MODE_GROTH16: _ClassVar[ProofMode]

class FulfillmentStrategy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FULFILLMENT_STRATEGY_UNSPECIFIED: _ClassVar[FulfillmentStrategy]
    FULFILLMENT_STRATEGY_HOSTED: _ClassVar[FulfillmentStrategy]
    FULFILLMENT_STRATEGY_RESERVED: _ClassVar[FulfillmentStrategy]
    FULFILLMENT_STRATEGY_AUCTION: _ClassVar[FulfillmentStrategy]

class FulfillmentStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FULFILLMENT_STATUS_UNSPECIFIED: _ClassVar[FulfillmentStatus]
    FULFILLMENT_STATUS_REQUESTED: _ClassVar[FulfillmentStatus]
    FULFILLMENT_STATUS_ASSIGNED: _ClassVar[FulfillmentStatus]
    FULFILLMENT_STATUS_FULFILLED: _ClassVar[FulfillmentStatus]
    FULFILLMENT_STATUS_UNFULFILLABLE: _ClassVar[FulfillmentStatus]
    FULFILLMENT_STATUS_REVERTED: _ClassVar[FulfillmentStatus]
    FULFILLMENT_STATUS_EXPIRED: _ClassVar[FulfillmentStatus]

class ExecutionStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXECUTION_STATUS_UNSPECIFIED: _ClassVar[ExecutionStatus]
    EXECUTION_STATUS_UNEXECUTED: _ClassVar[ExecutionStatus]
    EXECUTION_STATUS_EXECUTED: _ClassVar[ExecutionStatus]
    EXECUTION_STATUS_UNEXECUTABLE: _ClassVar[ExecutionStatus]

class SettlementStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SETTLEMENT_STATUS_UNSPECIFIED: _ClassVar[SettlementStatus]
    SETTLEMENT_STATUS_UNSETTLED: _ClassVar[SettlementStatus]
    SETTLEMENT_STATUS_SETTLED: _ClassVar[SettlementStatus]

class ExecuteFailureCause(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXECUTE_FAILURE_CAUSE_UNSPECIFIED: _ClassVar[ExecuteFailureCause]
    EXECUTE_FAILURE_CAUSE_HALT_WITH_NON_ZERO_EXIT_CODE: _ClassVar[ExecuteFailureCause]
    EXECUTE_FAILURE_CAUSE_INVALID_MEMORY_ACCESS: _ClassVar[ExecuteFailureCause]
    EXECUTE_FAILURE_CAUSE_UNSUPPORTED_SYSCALL: _ClassVar[ExecuteFailureCause]
    EXECUTE_FAILURE_CAUSE_BREAKPOINT: _ClassVar[ExecuteFailureCause]
    EXECUTE_FAILURE_CAUSE_EXCEEDED_CYCLE_LIMIT: _ClassVar[ExecuteFailureCause]
    EXECUTE_FAILURE_CAUSE_INVALID_SYSCALL_USAGE: _ClassVar[ExecuteFailureCause]
    EXECUTE_FAILURE_CAUSE_UNIMPLEMENTED: _ClassVar[ExecuteFailureCause]
    EXECUTE_FAILURE_CAUSE_END_IN_UNCONSTRAINED: _ClassVar[ExecuteFailureCause]
    EXECUTE_FAILURE_CAUSE_EXCEEDED_GAS_LIMIT: _ClassVar[ExecuteFailureCause]

class ProofRequestError(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PROOF_REQUEST_ERROR_UNSPECIFIED: _ClassVar[ProofRequestError]
    PROOF_REQUEST_ERROR_EXECUTION_FAILURE: _ClassVar[ProofRequestError]
    PROOF_REQUEST_ERROR_VERIFICATION_KEY_MISMATCH: _ClassVar[ProofRequestError]
    PROOF_REQUEST_ERROR_UNKNOWN_FAILURE: _ClassVar[ProofRequestError]
    PROOF_REQUEST_ERROR_PUBLIC_VALUES_MISMATCH: _ClassVar[ProofRequestError]
    PROOF_REQUEST_ERROR_VERIFICATION_FAILURE: _ClassVar[ProofRequestError]
    PROOF_REQUEST_ERROR_PROVING_FAILURE: _ClassVar[ProofRequestError]
MESSAGE_FORMAT_UNSPECIFIED: MessageFormat
MESSAGE_FORMAT_BINARY: MessageFormat
MESSAGE_FORMAT_JSON: MessageFormat
PROOF_MODE_UNSPECIFIED: ProofMode
PROOF_MODE_CORE: ProofMode
PROOF_MODE_COMPRESSED: ProofMode
PROOF_MODE_PLONK: ProofMode
PROOF_MODE_GROTH16: ProofMode
FULFILLMENT_STRATEGY_UNSPECIFIED: FulfillmentStrategy
FULFILLMENT_STRATEGY_HOSTED: FulfillmentStrategy
FULFILLMENT_STRATEGY_RESERVED: FulfillmentStrategy
FULFILLMENT_STRATEGY_AUCTION: FulfillmentStrategy
FULFILLMENT_STATUS_UNSPECIFIED: FulfillmentStatus
FULFILLMENT_STATUS_REQUESTED: FulfillmentStatus
FULFILLMENT_STATUS_ASSIGNED: FulfillmentStatus
FULFILLMENT_STATUS_FULFILLED: FulfillmentStatus
FULFILLMENT_STATUS_UNFULFILLABLE: FulfillmentStatus
FULFILLMENT_STATUS_REVERTED: FulfillmentStatus
FULFILLMENT_STATUS_EXPIRED: FulfillmentStatus
EXECUTION_STATUS_UNSPECIFIED: ExecutionStatus
EXECUTION_STATUS_UNEXECUTED: ExecutionStatus
EXECUTION_STATUS_EXECUTED: ExecutionStatus
EXECUTION_STATUS_UNEXECUTABLE: ExecutionStatus
SETTLEMENT_STATUS_UNSPECIFIED: SettlementStatus
SETTLEMENT_STATUS_UNSETTLED: SettlementStatus
SETTLEMENT_STATUS_SETTLED: SettlementStatus
EXECUTE_FAILURE_CAUSE_UNSPECIFIED: ExecuteFailureCause
EXECUTE_FAILURE_CAUSE_HALT_WITH_NON_ZERO_EXIT_CODE: ExecuteFailureCause
EXECUTE_FAILURE_CAUSE_INVALID_MEMORY_ACCESS: ExecuteFailureCause
EXECUTE_FAILURE_CAUSE_UNSUPPORTED_SYSCALL: ExecuteFailureCause
EXECUTE_FAILURE_CAUSE_BREAKPOINT: ExecuteFailureCause
EXECUTE_FAILURE_CAUSE_EXCEEDED_CYCLE_LIMIT: ExecuteFailureCause
EXECUTE_FAILURE_CAUSE_INVALID_SYSCALL_USAGE: ExecuteFailureCause
EXECUTE_FAILURE_CAUSE_UNIMPLEMENTED: ExecuteFailureCause
EXECUTE_FAILURE_CAUSE_END_IN_UNCONSTRAINED: ExecuteFailureCause
EXECUTE_FAILURE_CAUSE_EXCEEDED_GAS_LIMIT: ExecuteFailureCause
PROOF_REQUEST_ERROR_UNSPECIFIED: ProofRequestError
PROOF_REQUEST_ERROR_EXECUTION_FAILURE: ProofRequestError
PROOF_REQUEST_ERROR_VERIFICATION_KEY_MISMATCH: ProofRequestError
PROOF_REQUEST_ERROR_UNKNOWN_FAILURE: ProofRequestError
PROOF_REQUEST_ERROR_PUBLIC_VALUES_MISMATCH: ProofRequestError
PROOF_REQUEST_ERROR_VERIFICATION_FAILURE: ProofRequestError
PROOF_REQUEST_ERROR_PROVING_FAILURE: ProofRequestError

class RequestProofRequest(_message.Message):
    __slots__ = ("format", "signature", "body")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    format: MessageFormat
    signature: bytes
    body: RequestProofRequestBody
    def __init__(self, format: _Optional[_Union[MessageFormat, str]] = ..., signature: _Optional[bytes] = ..., body: _Optional[_Union[RequestProofRequestBody, _Mapping]] = ...) -> None: ...

class RequestProofRequestBody(_message.Message):
    __slots__ = ("nonce", "vk_hash", "version", "mode", "strategy", "stdin_uri", "deadline", "cycle_limit", "gas_limit", "min_auction_period", "whitelist", "stdin_private")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    VK_HASH_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    STDIN_URI_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    CYCLE_LIMIT_FIELD_NUMBER: _ClassVar[int]
    GAS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    MIN_AUCTION_PERIOD_FIELD_NUMBER: _ClassVar[int]
    WHITELIST_FIELD_NUMBER: _ClassVar[int]
    STDIN_PRIVATE_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    vk_hash: bytes
    version: str
    mode: ProofMode
    strategy: FulfillmentStrategy
    stdin_uri: str
    deadline: int
    cycle_limit: int
    gas_limit: int
    min_auction_period: int
    whitelist: _containers.RepeatedScalarFieldContainer[bytes]
    stdin_private: bool
    def __init__(self, nonce: _Optional[int] = ..., vk_hash: _Optional[bytes] = ..., version: _Optional[str] = ..., mode: _Optional[_Union[ProofMode, str]] = ..., strategy: _Optional[_Union[FulfillmentStrategy, str]] = ..., stdin_uri: _Optional[str] = ..., deadline: _Optional[int] = ..., cycle_limit: _Optional[int] = ..., gas_limit: _Optional[int] = ..., min_auction_period: _Optional[int] = ..., whitelist: _Optional[_Iterable[bytes]] = ..., stdin_private: _Optional[bool] = ...) -> None: ...

class RequestProofResponse(_message.Message):
    __slots__ = ("tx_hash", "body")
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    body: RequestProofResponseBody
    def __init__(self, tx_hash: _Optional[bytes] = ..., body: _Optional[_Union[RequestProofResponseBody, _Mapping]] = ...) -> None: ...

class RequestProofResponseBody(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: bytes
    def __init__(self, request_id: _Optional[bytes] = ...) -> None: ...

class GetProofRequestStatusRequest(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: bytes
    def __init__(self, request_id: _Optional[bytes] = ...) -> None: ...

class GetProofRequestStatusResponse(_message.Message):
    __slots__ = ("fulfillment_status", "execution_status", "request_tx_hash", "deadline", "fulfill_tx_hash", "proof_uri", "public_values_hash", "proof_public_uri")
    FULFILLMENT_STATUS_FIELD_NUMBER: _ClassVar[int]
    EXECUTION_STATUS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_TX_HASH_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    FULFILL_TX_HASH_FIELD_NUMBER: _ClassVar[int]
    PROOF_URI_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_VALUES_HASH_FIELD_NUMBER: _ClassVar[int]
    PROOF_PUBLIC_URI_FIELD_NUMBER: _ClassVar[int]
    fulfillment_status: FulfillmentStatus
    execution_status: ExecutionStatus
    request_tx_hash: bytes
    deadline: int
    fulfill_tx_hash: bytes
    proof_uri: str
    public_values_hash: bytes
    proof_public_uri: str
    def __init__(self, fulfillment_status: _Optional[_Union[FulfillmentStatus, str]] = ..., execution_status: _Optional[_Union[ExecutionStatus, str]] = ..., request_tx_hash: _Optional[bytes] = ..., deadline: _Optional[int] = ..., fulfill_tx_hash: _Optional[bytes] = ..., proof_uri: _Optional[str] = ..., public_values_hash: _Optional[bytes] = ..., proof_public_uri: _Optional[str] = ...) -> None: ...

class GetNonceRequest(_message.Message):
    __slots__ = ("address",)
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    address: bytes
    def __init__(self, address: _Optional[bytes] = ...) -> None: ...

class GetNonceResponse(_message.Message):
    __slots__ = ("nonce",)
    NONCE_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    def __init__(self, nonce: _Optional[int] = ...) -> None: ...

class GetBalanceRequest(_message.Message):
    __slots__ = ("address",)
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    address: bytes
    def __init__(self, address: _Optional[bytes] = ...) -> None: ...

class GetBalanceResponse(_message.Message):
    __slots__ = ("amount",)
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    amount: str
    def __init__(self, amount: _Optional[str] = ...) -> None: ...

class GetTEEWhitelistStatusRequest(_message.Message):
    __slots__ = ("address",)
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    address: bytes
    def __init__(self, address: _Optional[bytes] = ...) -> None: ...

class GetTEEWhitelistStatusResponse(_message.Message):
    __slots__ = ("is_whitelisted",)
    IS_WHITELISTED_FIELD_NUMBER: _ClassVar[int]
    is_whitelisted: bool
    def __init__(self, is_whitelisted: _Optional[bool] = ...) -> None: ...

class GetProgramRequest(_message.Message):
    __slots__ = ("vk_hash",)
    VK_HASH_FIELD_NUMBER: _ClassVar[int]
    vk_hash: bytes
    def __init__(self, vk_hash: _Optional[bytes] = ...) -> None: ...

class GetProgramResponse(_message.Message):
    __slots__ = ("program",)
    PROGRAM_FIELD_NUMBER: _ClassVar[int]
    program: Program
    def __init__(self, program: _Optional[_Union[Program, _Mapping]] = ...) -> None: ...

class Program(_message.Message):
    __slots__ = ("vk_hash", "vk", "program_uri", "name", "owner", "created_at")
    VK_HASH_FIELD_NUMBER: _ClassVar[int]
    VK_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_URI_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    vk_hash: bytes
    vk: bytes
    program_uri: str
    name: str
    owner: bytes
    created_at: int
    def __init__(self, vk_hash: _Optional[bytes] = ..., vk: _Optional[bytes] = ..., program_uri: _Optional[str] = ..., name: _Optional[str] = ..., owner: _Optional[bytes] = ..., created_at: _Optional[int] = ...) -> None: ...

class CreateProgramRequest(_message.Message):
    __slots__ = ("format", "signature", "body")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    format: MessageFormat
    signature: bytes
    body: CreateProgramRequestBody
    def __init__(self, format: _Optional[_Union[MessageFormat, str]] = ..., signature: _Optional[bytes] = ..., body: _Optional[_Union[CreateProgramRequestBody, _Mapping]] = ...) -> None: ...

class CreateProgramRequestBody(_message.Message):
    __slots__ = ("nonce", "vk_hash", "vk", "program_uri")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    VK_HASH_FIELD_NUMBER: _ClassVar[int]
    VK_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_URI_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    vk_hash: bytes
    vk: bytes
    program_uri: str
    def __init__(self, nonce: _Optional[int] = ..., vk_hash: _Optional[bytes] = ..., vk: _Optional[bytes] = ..., program_uri: _Optional[str] = ...) -> None: ...

class CreateProgramResponse(_message.Message):
    __slots__ = ("tx_hash", "body")
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    body: CreateProgramResponseBody
    def __init__(self, tx_hash: _Optional[bytes] = ..., body: _Optional[_Union[CreateProgramResponseBody, _Mapping]] = ...) -> None: ...

class CreateProgramResponseBody(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStdinUriRequest(_message.Message):
    __slots__ = ("format", "signature", "body")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    format: MessageFormat
    signature: bytes
    body: GetStdinUriRequestBody
    def __init__(self, format: _Optional[_Union[MessageFormat, str]] = ..., signature: _Optional[bytes] = ..., body: _Optional[_Union[GetStdinUriRequestBody, _Mapping]] = ...) -> None: ...

class GetStdinUriRequestBody(_message.Message):
    __slots__ = ("nonce", "request_id")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    request_id: bytes
    def __init__(self, nonce: _Optional[int] = ..., request_id: _Optional[bytes] = ...) -> None: ...

class GetStdinUriResponse(_message.Message):
    __slots__ = ("stdin_uri", "expires_at")
    STDIN_URI_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    stdin_uri: str
    expires_at: int
    def __init__(self, stdin_uri: _Optional[str] = ..., expires_at: _Optional[int] = ...) -> None: ...

class GetProofRequestDetailsRequest(_message.Message):
    __slots__ = ("request_id",)
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: bytes
    def __init__(self, request_id: _Optional[bytes] = ...) -> None: ...

class GetProofRequestDetailsResponse(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: ProofRequest
    def __init__(self, request: _Optional[_Union[ProofRequest, _Mapping]] = ...) -> None: ...

class GetTransactionDetailsRequest(_message.Message):
    __slots__ = ("tx_hash",)
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    def __init__(self, tx_hash: _Optional[bytes] = ...) -> None: ...

class GetTransactionDetailsResponse(_message.Message):
    __slots__ = ("transaction",)
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    transaction: TransactionDetails
    def __init__(self, transaction: _Optional[_Union[TransactionDetails, _Mapping]] = ...) -> None: ...

class TransactionDetails(_message.Message):
    __slots__ = ("tx_hash", "sender", "signature", "nonce", "created_at", "name", "request_id")
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    sender: bytes
    signature: bytes
    nonce: int
    created_at: int
    name: str
    request_id: bytes
    def __init__(self, tx_hash: _Optional[bytes] = ..., sender: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., nonce: _Optional[int] = ..., created_at: _Optional[int] = ..., name: _Optional[str] = ..., request_id: _Optional[bytes] = ...) -> None: ...

class GetFilteredProofRequestsRequest(_message.Message):
    __slots__ = ("version", "fulfillment_status", "execution_status", "minimum_deadline", "vk_hash", "requester", "fulfiller", "to", "limit", "page", "mode", "not_bid_by", "execute_fail_cause", "settlement_status", "error", "is_timed_out", "use_mainnet")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FULFILLMENT_STATUS_FIELD_NUMBER: _ClassVar[int]
    EXECUTION_STATUS_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_DEADLINE_FIELD_NUMBER: _ClassVar[int]
    VK_HASH_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    FULFILLER_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    NOT_BID_BY_FIELD_NUMBER: _ClassVar[int]
    EXECUTE_FAIL_CAUSE_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_STATUS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    IS_TIMED_OUT_FIELD_NUMBER: _ClassVar[int]
    USE_MAINNET_FIELD_NUMBER: _ClassVar[int]
    version: str
    fulfillment_status: FulfillmentStatus
    execution_status: ExecutionStatus
    minimum_deadline: int
    vk_hash: bytes
    requester: bytes
    fulfiller: bytes
    to: int
    limit: int
    page: int
    mode: ProofMode
    not_bid_by: bytes
    execute_fail_cause: ExecuteFailureCause
    settlement_status: SettlementStatus
    error: ProofRequestError
    is_timed_out: bool
    use_mainnet: bool
    def __init__(self, version: _Optional[str] = ..., fulfillment_status: _Optional[_Union[FulfillmentStatus, str]] = ..., execution_status: _Optional[_Union[ExecutionStatus, str]] = ..., minimum_deadline: _Optional[int] = ..., vk_hash: _Optional[bytes] = ..., requester: _Optional[bytes] = ..., fulfiller: _Optional[bytes] = ..., to: _Optional[int] = ..., limit: _Optional[int] = ..., page: _Optional[int] = ..., mode: _Optional[_Union[ProofMode, str]] = ..., not_bid_by: _Optional[bytes] = ..., execute_fail_cause: _Optional[_Union[ExecuteFailureCause, str]] = ..., settlement_status: _Optional[_Union[SettlementStatus, str]] = ..., error: _Optional[_Union[ProofRequestError, str]] = ..., is_timed_out: _Optional[bool] = ..., use_mainnet: _Optional[bool] = ..., **kwargs) -> None: ...

class GetFilteredProofRequestsResponse(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[ProofRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[ProofRequest, _Mapping]]] = ...) -> None: ...

class ProofRequest(_message.Message):
    __slots__ = ("request_id", "vk_hash", "version", "mode", "strategy", "program_uri", "stdin_uri", "deadline", "cycle_limit", "gas_price", "fulfillment_status", "execution_status", "requester", "fulfiller", "program_name", "requester_name", "fulfiller_name", "created_at", "updated_at", "fulfilled_at", "tx_hash", "cycles", "public_values_hash", "deduction_amount", "refund_amount", "gas_limit", "gas_used", "execute_fail_cause", "settlement_status", "program_public_uri", "stdin_public_uri", "min_auction_period", "whitelist", "error", "stdin_private")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VK_HASH_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_URI_FIELD_NUMBER: _ClassVar[int]
    STDIN_URI_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_FIELD_NUMBER: _ClassVar[int]
    CYCLE_LIMIT_FIELD_NUMBER: _ClassVar[int]
    GAS_PRICE_FIELD_NUMBER: _ClassVar[int]
    FULFILLMENT_STATUS_FIELD_NUMBER: _ClassVar[int]
    EXECUTION_STATUS_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    FULFILLER_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_NAME_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_NAME_FIELD_NUMBER: _ClassVar[int]
    FULFILLER_NAME_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    FULFILLED_AT_FIELD_NUMBER: _ClassVar[int]
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_VALUES_HASH_FIELD_NUMBER: _ClassVar[int]
    DEDUCTION_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    REFUND_AMOUNT_FIELD_NUMBER: _ClassVar[int]
    GAS_LIMIT_FIELD_NUMBER: _ClassVar[int]
    GAS_USED_FIELD_NUMBER: _ClassVar[int]
    EXECUTE_FAIL_CAUSE_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_STATUS_FIELD_NUMBER: _ClassVar[int]
    PROGRAM_PUBLIC_URI_FIELD_NUMBER: _ClassVar[int]
    STDIN_PUBLIC_URI_FIELD_NUMBER: _ClassVar[int]
    MIN_AUCTION_PERIOD_FIELD_NUMBER: _ClassVar[int]
    WHITELIST_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    STDIN_PRIVATE_FIELD_NUMBER: _ClassVar[int]
    request_id: bytes
    vk_hash: bytes
    version: str
    mode: ProofMode
    strategy: FulfillmentStrategy
    program_uri: str
    stdin_uri: str
    deadline: int
    cycle_limit: int
    gas_price: int
    fulfillment_status: FulfillmentStatus
    execution_status: ExecutionStatus
    requester: bytes
    fulfiller: bytes
    program_name: str
    requester_name: str
    fulfiller_name: str
    created_at: int
    updated_at: int
    fulfilled_at: int
    tx_hash: bytes
    cycles: int
    public_values_hash: bytes
    deduction_amount: str
    refund_amount: str
    gas_limit: int
    gas_used: int
    execute_fail_cause: ExecuteFailureCause
    settlement_status: SettlementStatus
    program_public_uri: str
    stdin_public_uri: str
    min_auction_period: int
    whitelist: _containers.RepeatedScalarFieldContainer[bytes]
    error: ProofRequestError
    stdin_private: bool
    def __init__(self, request_id: _Optional[bytes] = ..., vk_hash: _Optional[bytes] = ..., version: _Optional[str] = ..., mode: _Optional[_Union[ProofMode, str]] = ..., strategy: _Optional[_Union[FulfillmentStrategy, str]] = ..., program_uri: _Optional[str] = ..., stdin_uri: _Optional[str] = ..., deadline: _Optional[int] = ..., cycle_limit: _Optional[int] = ..., gas_price: _Optional[int] = ..., fulfillment_status: _Optional[_Union[FulfillmentStatus, str]] = ..., execution_status: _Optional[_Union[ExecutionStatus, str]] = ..., requester: _Optional[bytes] = ..., fulfiller: _Optional[bytes] = ..., program_name: _Optional[str] = ..., requester_name: _Optional[str] = ..., fulfiller_name: _Optional[str] = ..., created_at: _Optional[int] = ..., updated_at: _Optional[int] = ..., fulfilled_at: _Optional[int] = ..., tx_hash: _Optional[bytes] = ..., cycles: _Optional[int] = ..., public_values_hash: _Optional[bytes] = ..., deduction_amount: _Optional[str] = ..., refund_amount: _Optional[str] = ..., gas_limit: _Optional[int] = ..., gas_used: _Optional[int] = ..., execute_fail_cause: _Optional[_Union[ExecuteFailureCause, str]] = ..., settlement_status: _Optional[_Union[SettlementStatus, str]] = ..., program_public_uri: _Optional[str] = ..., stdin_public_uri: _Optional[str] = ..., min_auction_period: _Optional[int] = ..., whitelist: _Optional[_Iterable[bytes]] = ..., error: _Optional[_Union[ProofRequestError, str]] = ..., stdin_private: _Optional[bool] = ...) -> None: ...

class ExecuteProofRequest(_message.Message):
    __slots__ = ("format", "signature", "body")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    format: MessageFormat
    signature: bytes
    body: ExecuteProofRequestBody
    def __init__(self, format: _Optional[_Union[MessageFormat, str]] = ..., signature: _Optional[bytes] = ..., body: _Optional[_Union[ExecuteProofRequestBody, _Mapping]] = ...) -> None: ...

class ExecuteProofRequestBody(_message.Message):
    __slots__ = ("nonce", "request_id", "execution_status", "public_values_hash", "cycles", "gas_used")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXECUTION_STATUS_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_VALUES_HASH_FIELD_NUMBER: _ClassVar[int]
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    GAS_USED_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    request_id: bytes
    execution_status: ExecutionStatus
    public_values_hash: bytes
    cycles: int
    gas_used: int
    def __init__(self, nonce: _Optional[int] = ..., request_id: _Optional[bytes] = ..., execution_status: _Optional[_Union[ExecutionStatus, str]] = ..., public_values_hash: _Optional[bytes] = ..., cycles: _Optional[int] = ..., gas_used: _Optional[int] = ...) -> None: ...

class ExecuteProofResponse(_message.Message):
    __slots__ = ("tx_hash", "body")
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    body: ExecuteProofResponseBody
    def __init__(self, tx_hash: _Optional[bytes] = ..., body: _Optional[_Union[ExecuteProofResponseBody, _Mapping]] = ...) -> None: ...

class ExecuteProofResponseBody(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FailExecutionRequest(_message.Message):
    __slots__ = ("format", "signature", "body")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    format: MessageFormat
    signature: bytes
    body: FailExecutionRequestBody
    def __init__(self, format: _Optional[_Union[MessageFormat, str]] = ..., signature: _Optional[bytes] = ..., body: _Optional[_Union[FailExecutionRequestBody, _Mapping]] = ...) -> None: ...

class FailExecutionRequestBody(_message.Message):
    __slots__ = ("nonce", "request_id", "execute_fail_cause")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXECUTE_FAIL_CAUSE_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    request_id: bytes
    execute_fail_cause: ExecuteFailureCause
    def __init__(self, nonce: _Optional[int] = ..., request_id: _Optional[bytes] = ..., execute_fail_cause: _Optional[_Union[ExecuteFailureCause, str]] = ...) -> None: ...

class FailExecutionResponse(_message.Message):
    __slots__ = ("tx_hash", "body")
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    body: FailExecutionResponseBody
    def __init__(self, tx_hash: _Optional[bytes] = ..., body: _Optional[_Union[FailExecutionResponseBody, _Mapping]] = ...) -> None: ...

class FailExecutionResponseBody(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FulfillProofRequest(_message.Message):
    __slots__ = ("format", "signature", "body")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    format: MessageFormat
    signature: bytes
    body: FulfillProofRequestBody
    def __init__(self, format: _Optional[_Union[MessageFormat, str]] = ..., signature: _Optional[bytes] = ..., body: _Optional[_Union[FulfillProofRequestBody, _Mapping]] = ...) -> None: ...

class FulfillProofRequestBody(_message.Message):
    __slots__ = ("nonce", "request_id", "proof", "reserved_metadata")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    RESERVED_METADATA_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    request_id: bytes
    proof: bytes
    reserved_metadata: FulfillProofReservedMetadata
    def __init__(self, nonce: _Optional[int] = ..., request_id: _Optional[bytes] = ..., proof: _Optional[bytes] = ..., reserved_metadata: _Optional[_Union[FulfillProofReservedMetadata, _Mapping]] = ...) -> None: ...

class FulfillProofResponse(_message.Message):
    __slots__ = ("tx_hash", "body")
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    body: FulfillProofResponseBody
    def __init__(self, tx_hash: _Optional[bytes] = ..., body: _Optional[_Union[FulfillProofResponseBody, _Mapping]] = ...) -> None: ...

class FulfillProofResponseBody(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class FulfillProofReservedMetadata(_message.Message):
    __slots__ = ("on_demand_ratio",)
    ON_DEMAND_RATIO_FIELD_NUMBER: _ClassVar[int]
    on_demand_ratio: float
    def __init__(self, on_demand_ratio: _Optional[float] = ...) -> None: ...

class FailFulfillmentRequest(_message.Message):
    __slots__ = ("format", "signature", "body")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    format: MessageFormat
    signature: bytes
    body: FailFulfillmentRequestBody
    def __init__(self, format: _Optional[_Union[MessageFormat, str]] = ..., signature: _Optional[bytes] = ..., body: _Optional[_Union[FailFulfillmentRequestBody, _Mapping]] = ...) -> None: ...

class FailFulfillmentRequestBody(_message.Message):
    __slots__ = ("nonce", "request_id", "error")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    request_id: bytes
    error: ProofRequestError
    def __init__(self, nonce: _Optional[int] = ..., request_id: _Optional[bytes] = ..., error: _Optional[_Union[ProofRequestError, str]] = ...) -> None: ...

class FailFulfillmentResponse(_message.Message):
    __slots__ = ("tx_hash", "body")
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    body: FailFulfillmentResponseBody
    def __init__(self, tx_hash: _Optional[bytes] = ..., body: _Optional[_Union[FailFulfillmentResponseBody, _Mapping]] = ...) -> None: ...

class FailFulfillmentResponseBody(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
