"""Runtime API calls, as state_call makes them: SCALE arguments in, SCALE result out."""

from collections.abc import Callable
from typing import Any

from zk_devnet.zkverify import fees, multiplier, weights
from zk_devnet.zkverify.block import Block
from zk_devnet.zkverify.context import InvalidTransaction, Weight
from zk_devnet.zkverify.executive import Validity
from zk_devnet.zkverify.extrinsic import decode_extrinsic, opaque
from zk_devnet.zkverify.metadata import metadata_v14
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.pallets.aggregate import statement_path
from zk_devnet.zkverify.runtime_code import spec_version_of
from zk_devnet.zkverify.scale import (
    BYTES,
    U32,
    U64,
    U128,
    Case,
    Field,
    Option,
    Reader,
    ScaleError,
    Sequence,
    Struct,
    encode,
)
from zk_devnet.zkverify.schema.aggregate import MERKLE_PROOF, PATH_ERROR
from zk_devnet.zkverify.schema.primitives import (
    ACCOUNT_ID,
    APPLY_RESULT,
    DISPATCH_CLASS,
    H256,
    VALIDITY,
    WEIGHT,
    result_of,
)
from zk_devnet.zkverify.schema.runtime import (
    runtime_version,
    schema_of,
)
from zk_devnet.zkverify.schema.system import RUNTIME_VERSION
from zk_devnet.zkverify.state import Overlay, reader

METADATA_VERSION = 14
DISPATCH_INFO = Struct(
    "RuntimeDispatchInfo",
    (Field(WEIGHT, "weight"), Field(DISPATCH_CLASS, "class"), Field(U128, "partial_fee")),
)
INCLUSION_FEE = Struct(
    "InclusionFee",
    (Field(U128, "base_fee"), Field(U128, "len_fee"), Field(U128, "adjusted_weight_fee")),
)
FEE_DETAILS = Struct("FeeDetails", (Field(Option(INCLUSION_FEE), "inclusion_fee"),))
PATH_RESULT = result_of(MERKLE_PROOF, PATH_ERROR)


class UnknownRuntimeCall(KeyError):
    """Raised when the runtime has no API of that name."""


class RuntimeTrap(Exception):
    """Raised when the arguments do not decode, where the real runtime would trap."""


class RuntimeApi:
    """The runtime APIs of the dev node's runtime."""

    def __init__(self, node: DevNode) -> None:
        self._node = node
        self._calls: dict[str, Callable[[Reader, Block], bytes]] = {
            "Core_version": self._version,
            "Metadata_metadata": self._metadata,
            "Metadata_metadata_at_version": self._metadata_at_version,
            "Metadata_metadata_versions": self._metadata_versions,
            "AccountNonceApi_account_nonce": self._nonce,
            "TransactionPaymentApi_query_info": self._query_info,
            "TransactionPaymentApi_query_fee_details": self._fee_details,
            "TransactionPaymentApi_query_weight_to_fee": self._weight_to_fee,
            "TransactionPaymentApi_query_length_to_fee": self._length_to_fee,
            "TransactionPaymentCallApi_query_call_info": self._query_call_info,
            "TaggedTransactionQueue_validate_transaction": self._validate,
            "BlockBuilder_apply_extrinsic": self._apply,
            "AggregateApi_get_statement_path": self._path,
        }

    def call(self, name: str, arguments: bytes, block: Block) -> bytes:
        """The SCALE result of a call on a block's state. Raises UnknownRuntimeCall, RuntimeTrap."""
        function = self._calls.get(name)
        if function is None:
            raise UnknownRuntimeCall(name)
        try:
            return function(Reader(arguments), block)
        except ScaleError as error:
            raise RuntimeTrap(str(error)) from error

    def _version(self, _arguments: Reader, block: Block) -> bytes:
        return encode(RUNTIME_VERSION, runtime_version(spec_version_of(block.state)))

    def _metadata(self, _arguments: Reader, block: Block) -> bytes:
        return encode(BYTES, metadata_v14(spec_version_of(block.state)))

    def _metadata_at_version(self, arguments: Reader, block: Block) -> bytes:
        wanted = arguments.read(U32)
        known = metadata_v14(spec_version_of(block.state)) if wanted == METADATA_VERSION else None
        return encode(Option(BYTES), known)

    def _metadata_versions(self, _arguments: Reader, _block: Block) -> bytes:
        return encode(Sequence(U32), [METADATA_VERSION])

    def _nonce(self, arguments: Reader, block: Block) -> bytes:
        account = arguments.read(ACCOUNT_ID)
        return encode(U32, reader(block.state)("System", "Account", account)["nonce"])

    def _query_info(self, arguments: Reader, block: Block) -> bytes:
        return encode(DISPATCH_INFO, dispatch_info(_read_extrinsic(arguments), block))

    def _fee_details(self, arguments: Reader, block: Block) -> bytes:
        details = fee_details(_read_extrinsic(arguments), block)
        return encode(FEE_DETAILS, {"inclusion_fee": details})

    def _query_call_info(self, arguments: Reader, block: Block) -> bytes:
        call = arguments.read(schema_of(spec_version_of(block.state)).call)
        length = arguments.read(U32)
        return encode(DISPATCH_INFO, _info(weights.of_call(call), length, block))

    def _weight_to_fee(self, arguments: Reader, _block: Block) -> bytes:
        return encode(U128, arguments.read(WEIGHT)["ref_time"] * fees.PER_PICOSECOND)

    def _length_to_fee(self, arguments: Reader, _block: Block) -> bytes:
        return encode(U128, arguments.read(U32) * fees.PER_BYTE)

    def _validate(self, arguments: Reader, block: Block) -> bytes:
        source = arguments.take(1)[0]
        if source > 2:
            raise ScaleError("unknown transaction source")
        encoded = _take_extrinsic(arguments)
        execution = self._node.begin_block(block)
        try:
            extrinsic = decode_extrinsic(encoded, spec_version_of(block.state))
            validity = self._node.executive.validate(execution.ctx, extrinsic, execution.number)
        except InvalidTransaction as refusal:
            return encode(VALIDITY, Case("Err", Case("Invalid", refusal.case)))
        return encode(VALIDITY, Case("Ok", _valid_transaction(validity)))

    def _apply(self, arguments: Reader, block: Block) -> bytes:
        extrinsic = decode_extrinsic(_take_extrinsic(arguments), spec_version_of(block.state))
        try:
            result = self._node.begin_block(block).apply(extrinsic)
        except InvalidTransaction as refusal:
            return encode(APPLY_RESULT, Case("Err", Case("Invalid", refusal.case)))
        return encode(APPLY_RESULT, Case("Ok", result))

    def _path(self, arguments: Reader, block: Block) -> bytes:
        domain_id, aggregation_id = arguments.read(U32), arguments.read(U64)
        found = statement_path(reader(block.state), domain_id, aggregation_id, arguments.read(H256))
        if isinstance(found, Case):
            return encode(PATH_RESULT, Case("Err", found))
        value = {name: getattr(found, name) for name in ("root", "proof", "number_of_leaves")}
        return encode(
            PATH_RESULT, Case("Ok", {**value, "leaf_index": found.leaf_index, "leaf": found.leaf})
        )


def dispatch_info(encoded: bytes, block: Block) -> dict[str, Any]:
    """Weight, class and fee of an extrinsic after that block; the tip is not part of the fee."""
    extrinsic = decode_extrinsic(encoded, spec_version_of(block.state))
    if extrinsic.signed is None:
        return {
            "weight": weights.of_call(extrinsic.call).as_value(),
            "class": Case("Normal"),
            "partial_fee": 0,
        }
    return _info(weights.of_call(extrinsic.call) + weights.EXTENSIONS, extrinsic.length, block)


def fee_details(encoded: bytes, block: Block) -> dict[str, int] | None:
    """The parts of an extrinsic's inclusion fee after that block; None for an unsigned one."""
    extrinsic = decode_extrinsic(encoded, spec_version_of(block.state))
    if extrinsic.signed is None:
        return None
    weight = weights.of_call(extrinsic.call) + weights.EXTENSIONS
    return {
        "base_fee": fees.BASE_FEE,
        "len_fee": extrinsic.length * fees.PER_BYTE,
        "adjusted_weight_fee": fees.weight_fee(weight, multiplier.price(Overlay(block.state))),
    }


def _info(weight: Weight, length: int, block: Block) -> dict[str, Any]:
    return {
        "weight": weight.as_value(),
        "class": Case("Normal"),
        "partial_fee": fees.fee(weight, length, multiplier=multiplier.price(Overlay(block.state))),
    }


def _take_extrinsic(arguments: Reader) -> bytes:
    """An extrinsic within arguments: what its own length prefix covers."""
    start = arguments.position
    length = arguments.compact()
    arguments.take(length)
    end = arguments.position
    arguments.position = start
    return arguments.take(end - start)


def _read_extrinsic(arguments: Reader) -> bytes:
    encoded = _take_extrinsic(arguments)
    opaque(encoded)
    return encoded


def _valid_transaction(validity: Validity) -> dict[str, Any]:
    return {
        "priority": validity.priority,
        "requires": validity.requires,
        "provides": validity.provides,
        "longevity": validity.longevity,
        "propagate": True,
    }
