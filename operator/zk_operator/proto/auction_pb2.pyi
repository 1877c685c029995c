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
    EXECUTION_STATUS_VALIDATION_FAILED: _ClassVar[ExecutionStatus]

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

class TransactionVariant(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSACTION_VARIANT_REQUEST: _ClassVar[TransactionVariant]
    TRANSACTION_VARIANT_BID: _ClassVar[TransactionVariant]
    TRANSACTION_VARIANT_SETTLE: _ClassVar[TransactionVariant]
    TRANSACTION_VARIANT_EXECUTE: _ClassVar[TransactionVariant]
    TRANSACTION_VARIANT_FULFILL: _ClassVar[TransactionVariant]
    TRANSACTION_VARIANT_DELEGATE: _ClassVar[TransactionVariant]
    TRANSACTION_VARIANT_TRANSFER: _ClassVar[TransactionVariant]
    TRANSACTION_VARIANT_WITHDRAW: _ClassVar[TransactionVariant]
    TRANSACTION_VARIANT_UPDATE_STAKER_FEE: _ClassVar[TransactionVariant]
    TRANSACTION_VARIANT_UPDATE_DELEGATOR_FEE: _ClassVar[TransactionVariant]

class BalanceOperation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BALANCE_OPERATION_UNSPECIFIED: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_DEPOSIT: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_WITHDRAW: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_REWARD: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_TRANSFER_OUT: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_TRANSFER_IN: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_WITHDRAW_REQUEST: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_WITHDRAW_FEE_OUT: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_DELEGATE_FEE_OUT: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_REQUEST: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_TRANSFER_FEE_OUT: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_WITHDRAW_FEE_IN: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_DELEGATE_FEE_IN: _ClassVar[BalanceOperation]
    BALANCE_OPERATION_TRANSFER_FEE_IN: _ClassVar[BalanceOperation]
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
EXECUTION_STATUS_VALIDATION_FAILED: ExecutionStatus
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
TRANSACTION_VARIANT_REQUEST: TransactionVariant
TRANSACTION_VARIANT_BID: TransactionVariant
TRANSACTION_VARIANT_SETTLE: TransactionVariant
TRANSACTION_VARIANT_EXECUTE: TransactionVariant
TRANSACTION_VARIANT_FULFILL: TransactionVariant
TRANSACTION_VARIANT_DELEGATE: TransactionVariant
TRANSACTION_VARIANT_TRANSFER: TransactionVariant
TRANSACTION_VARIANT_WITHDRAW: TransactionVariant
TRANSACTION_VARIANT_UPDATE_STAKER_FEE: TransactionVariant
TRANSACTION_VARIANT_UPDATE_DELEGATOR_FEE: TransactionVariant
BALANCE_OPERATION_UNSPECIFIED: BalanceOperation
BALANCE_OPERATION_DEPOSIT: BalanceOperation
BALANCE_OPERATION_WITHDRAW: BalanceOperation
BALANCE_OPERATION_REWARD: BalanceOperation
BALANCE_OPERATION_TRANSFER_OUT: BalanceOperation
BALANCE_OPERATION_TRANSFER_IN: BalanceOperation
BALANCE_OPERATION_WITHDRAW_REQUEST: BalanceOperation
BALANCE_OPERATION_WITHDRAW_FEE_OUT: BalanceOperation
BALANCE_OPERATION_DELEGATE_FEE_OUT: BalanceOperation
BALANCE_OPERATION_REQUEST: BalanceOperation
BALANCE_OPERATION_TRANSFER_FEE_OUT: BalanceOperation
BALANCE_OPERATION_WITHDRAW_FEE_IN: BalanceOperation
BALANCE_OPERATION_DELEGATE_FEE_IN: BalanceOperation
BALANCE_OPERATION_TRANSFER_FEE_IN: BalanceOperation

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
    __slots__ = ("nonce", "vk_hash", "version", "mode", "strategy", "stdin_uri", "deadline", "cycle_limit", "gas_limit", "min_auction_period", "whitelist", "domain", "auctioneer", "executor", "verifier", "public_values_hash", "base_fee", "max_price_per_pgu", "variant", "treasury", "stdin_private")
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
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    AUCTIONEER_FIELD_NUMBER: _ClassVar[int]
    EXECUTOR_FIELD_NUMBER: _ClassVar[int]
    VERIFIER_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_VALUES_HASH_FIELD_NUMBER: _ClassVar[int]
    BASE_FEE_FIELD_NUMBER: _ClassVar[int]
    MAX_PRICE_PER_PGU_FIELD_NUMBER: _ClassVar[int]
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    TREASURY_FIELD_NUMBER: _ClassVar[int]
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
    domain: bytes
    auctioneer: bytes
    executor: bytes
    verifier: bytes
    public_values_hash: bytes
    base_fee: str
    max_price_per_pgu: str
    variant: TransactionVariant
    treasury: bytes
    stdin_private: bool
    def __init__(self, nonce: _Optional[int] = ..., vk_hash: _Optional[bytes] = ..., version: _Optional[str] = ..., mode: _Optional[_Union[ProofMode, str]] = ..., strategy: _Optional[_Union[FulfillmentStrategy, str]] = ..., stdin_uri: _Optional[str] = ..., deadline: _Optional[int] = ..., cycle_limit: _Optional[int] = ..., gas_limit: _Optional[int] = ..., min_auction_period: _Optional[int] = ..., whitelist: _Optional[_Iterable[bytes]] = ..., domain: _Optional[bytes] = ..., auctioneer: _Optional[bytes] = ..., executor: _Optional[bytes] = ..., verifier: _Optional[bytes] = ..., public_values_hash: _Optional[bytes] = ..., base_fee: _Optional[str] = ..., max_price_per_pgu: _Optional[str] = ..., variant: _Optional[_Union[TransactionVariant, str]] = ..., treasury: _Optional[bytes] = ..., stdin_private: _Optional[bool] = ...) -> None: ...

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
    __slots__ = ("nonce", "request_id", "domain")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    request_id: bytes
    domain: bytes
    def __init__(self, nonce: _Optional[int] = ..., request_id: _Optional[bytes] = ..., domain: _Optional[bytes] = ...) -> None: ...

class GetStdinUriResponse(_message.Message):
    __slots__ = ("stdin_uri", "expires_at")
    STDIN_URI_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    stdin_uri: str
    expires_at: int
    def __init__(self, stdin_uri: _Optional[str] = ..., expires_at: _Optional[int] = ...) -> None: ...

class CancelRequestRequest(_message.Message):
    __slots__ = ("format", "signature", "body")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    format: MessageFormat
    signature: bytes
    body: CancelRequestRequestBody
    def __init__(self, format: _Optional[_Union[MessageFormat, str]] = ..., signature: _Optional[bytes] = ..., body: _Optional[_Union[CancelRequestRequestBody, _Mapping]] = ...) -> None: ...

class CancelRequestRequestBody(_message.Message):
    __slots__ = ("nonce", "request_id")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    request_id: bytes
    def __init__(self, nonce: _Optional[int] = ..., request_id: _Optional[bytes] = ...) -> None: ...

class CancelRequestResponse(_message.Message):
    __slots__ = ("tx_hash", "body")
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    body: CancelRequestResponseBody
    def __init__(self, tx_hash: _Optional[bytes] = ..., body: _Optional[_Union[CancelRequestResponseBody, _Mapping]] = ...) -> None: ...

class CancelRequestResponseBody(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetProofRequestParamsRequest(_message.Message):
    __slots__ = ("mode",)
    MODE_FIELD_NUMBER: _ClassVar[int]
    mode: ProofMode
    def __init__(self, mode: _Optional[_Union[ProofMode, str]] = ...) -> None: ...

class GetProofRequestParamsResponse(_message.Message):
    __slots__ = ("domain", "auctioneer", "executor", "verifier", "max_price_per_pgu", "base_fee", "treasury", "tick_size", "network_floor_price_per_pgu")
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    AUCTIONEER_FIELD_NUMBER: _ClassVar[int]
    EXECUTOR_FIELD_NUMBER: _ClassVar[int]
    VERIFIER_FIELD_NUMBER: _ClassVar[int]
    MAX_PRICE_PER_PGU_FIELD_NUMBER: _ClassVar[int]
    BASE_FEE_FIELD_NUMBER: _ClassVar[int]
    TREASURY_FIELD_NUMBER: _ClassVar[int]
    TICK_SIZE_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FLOOR_PRICE_PER_PGU_FIELD_NUMBER: _ClassVar[int]
    domain: bytes
    auctioneer: bytes
    executor: bytes
    verifier: bytes
    max_price_per_pgu: str
    base_fee: str
    treasury: bytes
    tick_size: int
    network_floor_price_per_pgu: str
    def __init__(self, domain: _Optional[bytes] = ..., auctioneer: _Optional[bytes] = ..., executor: _Optional[bytes] = ..., verifier: _Optional[bytes] = ..., max_price_per_pgu: _Optional[str] = ..., base_fee: _Optional[str] = ..., treasury: _Optional[bytes] = ..., tick_size: _Optional[int] = ..., network_floor_price_per_pgu: _Optional[str] = ...) -> None: ...

class GetProversByUptimeRequest(_message.Message):
    __slots__ = ("high_availability_only",)
    HIGH_AVAILABILITY_ONLY_FIELD_NUMBER: _ClassVar[int]
    high_availability_only: bool
    def __init__(self, high_availability_only: _Optional[bool] = ...) -> None: ...

class GetProversByUptimeResponse(_message.Message):
    __slots__ = ("provers",)
    PROVERS_FIELD_NUMBER: _ClassVar[int]
    provers: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, provers: _Optional[_Iterable[bytes]] = ...) -> None: ...

class GetMarketPricePerPguRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetMarketPricePerPguResponse(_message.Message):
    __slots__ = ("price", "as_of")
    PRICE_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    price: str
    as_of: int
    def __init__(self, price: _Optional[str] = ..., as_of: _Optional[int] = ...) -> None: ...

class GetPriceInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetPriceInfoResponse(_message.Message):
    __slots__ = ("base_fee_core", "base_fee_compressed", "base_fee_plonk", "base_fee_groth16", "min_price_per_pgu", "avg_price_per_pgu", "max_price_per_pgu", "sample_count", "time_window_seconds")
    BASE_FEE_CORE_FIELD_NUMBER: _ClassVar[int]
    BASE_FEE_COMPRESSED_FIELD_NUMBER: _ClassVar[int]
    BASE_FEE_PLONK_FIELD_NUMBER: _ClassVar[int]
    BASE_FEE_GROTH16_FIELD_NUMBER: _ClassVar[int]
    MIN_PRICE_PER_PGU_FIELD_NUMBER: _ClassVar[int]
    AVG_PRICE_PER_PGU_FIELD_NUMBER: _ClassVar[int]
    MAX_PRICE_PER_PGU_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_COUNT_FIELD_NUMBER: _ClassVar[int]
    TIME_WINDOW_SECONDS_FIELD_NUMBER: _ClassVar[int]
    base_fee_core: str
    base_fee_compressed: str
    base_fee_plonk: str
    base_fee_groth16: str
    min_price_per_pgu: str
    avg_price_per_pgu: str
    max_price_per_pgu: str
    sample_count: int
    time_window_seconds: int
    def __init__(self, base_fee_core: _Optional[str] = ..., base_fee_compressed: _Optional[str] = ..., base_fee_plonk: _Optional[str] = ..., base_fee_groth16: _Optional[str] = ..., min_price_per_pgu: _Optional[str] = ..., avg_price_per_pgu: _Optional[str] = ..., max_price_per_pgu: _Optional[str] = ..., sample_count: _Optional[int] = ..., time_window_seconds: _Optional[int] = ...) -> None: ...

class GetProvePriceRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetProvePriceResponse(_message.Message):
    __slots__ = ("price", "last_updated", "percent_change_24h")
    PRICE_FIELD_NUMBER: _ClassVar[int]
    LAST_UPDATED_FIELD_NUMBER: _ClassVar[int]
    PERCENT_CHANGE_24H_FIELD_NUMBER: _ClassVar[int]
    price: str
    last_updated: int
    percent_change_24h: str
    def __init__(self, price: _Optional[str] = ..., last_updated: _Optional[int] = ..., percent_change_24h: _Optional[str] = ...) -> None: ...

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
    __slots__ = ("version", "fulfillment_status", "execution_status", "minimum_deadline", "vk_hash", "requester", "fulfiller", "to", "limit", "page", "mode", "not_bid_by", "execute_fail_cause", "settlement_status", "error", "is_canceled", "is_timed_out")
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
    IS_CANCELED_FIELD_NUMBER: _ClassVar[int]
    IS_TIMED_OUT_FIELD_NUMBER: _ClassVar[int]
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
    is_canceled: bool
    is_timed_out: bool
    def __init__(self, version: _Optional[str] = ..., fulfillment_status: _Optional[_Union[FulfillmentStatus, str]] = ..., execution_status: _Optional[_Union[ExecutionStatus, str]] = ..., minimum_deadline: _Optional[int] = ..., vk_hash: _Optional[bytes] = ..., requester: _Optional[bytes] = ..., fulfiller: _Optional[bytes] = ..., to: _Optional[int] = ..., limit: _Optional[int] = ..., page: _Optional[int] = ..., mode: _Optional[_Union[ProofMode, str]] = ..., not_bid_by: _Optional[bytes] = ..., execute_fail_cause: _Optional[_Union[ExecuteFailureCause, str]] = ..., settlement_status: _Optional[_Union[SettlementStatus, str]] = ..., error: _Optional[_Union[ProofRequestError, str]] = ..., is_canceled: _Optional[bool] = ..., is_timed_out: _Optional[bool] = ..., **kwargs) -> None: ...

class GetFilteredProofRequestsResponse(_message.Message):
    __slots__ = ("requests",)
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[ProofRequest]
    def __init__(self, requests: _Optional[_Iterable[_Union[ProofRequest, _Mapping]]] = ...) -> None: ...

class ProofRequest(_message.Message):
    __slots__ = ("request_id", "vk_hash", "version", "mode", "strategy", "program_uri", "stdin_uri", "deadline", "cycle_limit", "gas_price", "fulfillment_status", "execution_status", "requester", "fulfiller", "program_name", "requester_name", "fulfiller_name", "created_at", "updated_at", "fulfilled_at", "tx_hash", "cycles", "public_values_hash", "deduction_amount", "refund_amount", "gas_limit", "gas_used", "execute_fail_cause", "settlement_status", "program_public_uri", "stdin_public_uri", "min_auction_period", "whitelist", "base_fee", "max_price_per_pgu", "error", "is_canceled", "stdin_private", "error_trace", "floor_price_per_pgu")
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
    BASE_FEE_FIELD_NUMBER: _ClassVar[int]
    MAX_PRICE_PER_PGU_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    IS_CANCELED_FIELD_NUMBER: _ClassVar[int]
    STDIN_PRIVATE_FIELD_NUMBER: _ClassVar[int]
    ERROR_TRACE_FIELD_NUMBER: _ClassVar[int]
    FLOOR_PRICE_PER_PGU_FIELD_NUMBER: _ClassVar[int]
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
    base_fee: str
    max_price_per_pgu: str
    error: ProofRequestError
    is_canceled: bool
    stdin_private: bool
    error_trace: bytes
    floor_price_per_pgu: str
    def __init__(self, request_id: _Optional[bytes] = ..., vk_hash: _Optional[bytes] = ..., version: _Optional[str] = ..., mode: _Optional[_Union[ProofMode, str]] = ..., strategy: _Optional[_Union[FulfillmentStrategy, str]] = ..., program_uri: _Optional[str] = ..., stdin_uri: _Optional[str] = ..., deadline: _Optional[int] = ..., cycle_limit: _Optional[int] = ..., gas_price: _Optional[int] = ..., fulfillment_status: _Optional[_Union[FulfillmentStatus, str]] = ..., execution_status: _Optional[_Union[ExecutionStatus, str]] = ..., requester: _Optional[bytes] = ..., fulfiller: _Optional[bytes] = ..., program_name: _Optional[str] = ..., requester_name: _Optional[str] = ..., fulfiller_name: _Optional[str] = ..., created_at: _Optional[int] = ..., updated_at: _Optional[int] = ..., fulfilled_at: _Optional[int] = ..., tx_hash: _Optional[bytes] = ..., cycles: _Optional[int] = ..., public_values_hash: _Optional[bytes] = ..., deduction_amount: _Optional[str] = ..., refund_amount: _Optional[str] = ..., gas_limit: _Optional[int] = ..., gas_used: _Optional[int] = ..., execute_fail_cause: _Optional[_Union[ExecuteFailureCause, str]] = ..., settlement_status: _Optional[_Union[SettlementStatus, str]] = ..., program_public_uri: _Optional[str] = ..., stdin_public_uri: _Optional[str] = ..., min_auction_period: _Optional[int] = ..., whitelist: _Optional[_Iterable[bytes]] = ..., base_fee: _Optional[str] = ..., max_price_per_pgu: _Optional[str] = ..., error: _Optional[_Union[ProofRequestError, str]] = ..., is_canceled: _Optional[bool] = ..., stdin_private: _Optional[bool] = ..., error_trace: _Optional[bytes] = ..., floor_price_per_pgu: _Optional[str] = ...) -> None: ...

class BidRequest(_message.Message):
    __slots__ = ("format", "signature", "body")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    format: MessageFormat
    signature: bytes
    body: BidRequestBody
    def __init__(self, format: _Optional[_Union[MessageFormat, str]] = ..., signature: _Optional[bytes] = ..., body: _Optional[_Union[BidRequestBody, _Mapping]] = ...) -> None: ...

class BidRequestBody(_message.Message):
    __slots__ = ("nonce", "request_id", "amount", "domain", "prover", "variant")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    PROVER_FIELD_NUMBER: _ClassVar[int]
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    request_id: bytes
    amount: str
    domain: bytes
    prover: bytes
    variant: TransactionVariant
    def __init__(self, nonce: _Optional[int] = ..., request_id: _Optional[bytes] = ..., amount: _Optional[str] = ..., domain: _Optional[bytes] = ..., prover: _Optional[bytes] = ..., variant: _Optional[_Union[TransactionVariant, str]] = ...) -> None: ...

class BidResponse(_message.Message):
    __slots__ = ("tx_hash", "body")
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    body: BidResponseBody
    def __init__(self, tx_hash: _Optional[bytes] = ..., body: _Optional[_Union[BidResponseBody, _Mapping]] = ...) -> None: ...

class BidResponseBody(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SettleRequest(_message.Message):
    __slots__ = ("format", "signature", "body")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    format: MessageFormat
    signature: bytes
    body: SettleRequestBody
    def __init__(self, format: _Optional[_Union[MessageFormat, str]] = ..., signature: _Optional[bytes] = ..., body: _Optional[_Union[SettleRequestBody, _Mapping]] = ...) -> None: ...

class SettleRequestBody(_message.Message):
    __slots__ = ("nonce", "request_id", "winner", "domain", "variant")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    WINNER_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    request_id: bytes
    winner: bytes
    domain: bytes
    variant: TransactionVariant
    def __init__(self, nonce: _Optional[int] = ..., request_id: _Optional[bytes] = ..., winner: _Optional[bytes] = ..., domain: _Optional[bytes] = ..., variant: _Optional[_Union[TransactionVariant, str]] = ...) -> None: ...

class SettleResponse(_message.Message):
    __slots__ = ("tx_hash", "body")
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    body: SettleResponseBody
    def __init__(self, tx_hash: _Optional[bytes] = ..., body: _Optional[_Union[SettleResponseBody, _Mapping]] = ...) -> None: ...

class SettleResponseBody(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

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
    __slots__ = ("nonce", "request_id", "execution_status", "public_values_hash", "cycles", "pgus", "domain", "punishment", "failure_cause", "variant")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EXECUTION_STATUS_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_VALUES_HASH_FIELD_NUMBER: _ClassVar[int]
    CYCLES_FIELD_NUMBER: _ClassVar[int]
    PGUS_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    PUNISHMENT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_CAUSE_FIELD_NUMBER: _ClassVar[int]
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    request_id: bytes
    execution_status: ExecutionStatus
    public_values_hash: bytes
    cycles: int
    pgus: int
    domain: bytes
    punishment: str
    failure_cause: ExecuteFailureCause
    variant: TransactionVariant
    def __init__(self, nonce: _Optional[int] = ..., request_id: _Optional[bytes] = ..., execution_status: _Optional[_Union[ExecutionStatus, str]] = ..., public_values_hash: _Optional[bytes] = ..., cycles: _Optional[int] = ..., pgus: _Optional[int] = ..., domain: _Optional[bytes] = ..., punishment: _Optional[str] = ..., failure_cause: _Optional[_Union[ExecuteFailureCause, str]] = ..., variant: _Optional[_Union[TransactionVariant, str]] = ...) -> None: ...

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

class TransferRequest(_message.Message):
    __slots__ = ("format", "signature", "body")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    format: MessageFormat
    signature: bytes
    body: TransferRequestBody
    def __init__(self, format: _Optional[_Union[MessageFormat, str]] = ..., signature: _Optional[bytes] = ..., body: _Optional[_Union[TransferRequestBody, _Mapping]] = ...) -> None: ...

class TransferRequestBody(_message.Message):
    __slots__ = ("nonce", "to", "amount", "domain", "variant", "auctioneer", "fee")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    AUCTIONEER_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    to: bytes
    amount: str
    domain: bytes
    variant: TransactionVariant
    auctioneer: bytes
    fee: str
    def __init__(self, nonce: _Optional[int] = ..., to: _Optional[bytes] = ..., amount: _Optional[str] = ..., domain: _Optional[bytes] = ..., variant: _Optional[_Union[TransactionVariant, str]] = ..., auctioneer: _Optional[bytes] = ..., fee: _Optional[str] = ...) -> None: ...

class TransferResponse(_message.Message):
    __slots__ = ("tx_hash", "body")
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    body: TransferResponseBody
    def __init__(self, tx_hash: _Optional[bytes] = ..., body: _Optional[_Union[TransferResponseBody, _Mapping]] = ...) -> None: ...

class TransferResponseBody(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WithdrawRequest(_message.Message):
    __slots__ = ("format", "signature", "body")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    format: MessageFormat
    signature: bytes
    body: WithdrawRequestBody
    def __init__(self, format: _Optional[_Union[MessageFormat, str]] = ..., signature: _Optional[bytes] = ..., body: _Optional[_Union[WithdrawRequestBody, _Mapping]] = ...) -> None: ...

class WithdrawRequestBody(_message.Message):
    __slots__ = ("nonce", "account", "amount", "domain", "variant", "auctioneer", "fee")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    AUCTIONEER_FIELD_NUMBER: _ClassVar[int]
    FEE_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    account: bytes
    amount: str
    domain: bytes
    variant: TransactionVariant
    auctioneer: bytes
    fee: str
    def __init__(self, nonce: _Optional[int] = ..., account: _Optional[bytes] = ..., amount: _Optional[str] = ..., domain: _Optional[bytes] = ..., variant: _Optional[_Union[TransactionVariant, str]] = ..., auctioneer: _Optional[bytes] = ..., fee: _Optional[str] = ...) -> None: ...

class WithdrawResponse(_message.Message):
    __slots__ = ("tx_hash", "body")
    TX_HASH_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tx_hash: bytes
    body: WithdrawResponseBody
    def __init__(self, tx_hash: _Optional[bytes] = ..., body: _Optional[_Union[WithdrawResponseBody, _Mapping]] = ...) -> None: ...

class WithdrawResponseBody(_message.Message):
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
    __slots__ = ("nonce", "request_id", "proof", "reserved_metadata", "domain", "variant")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    RESERVED_METADATA_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    VARIANT_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    request_id: bytes
    proof: bytes
    reserved_metadata: FulfillProofReservedMetadata
    domain: bytes
    variant: TransactionVariant
    def __init__(self, nonce: _Optional[int] = ..., request_id: _Optional[bytes] = ..., proof: _Optional[bytes] = ..., reserved_metadata: _Optional[_Union[FulfillProofReservedMetadata, _Mapping]] = ..., domain: _Optional[bytes] = ..., variant: _Optional[_Union[TransactionVariant, str]] = ...) -> None: ...

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
