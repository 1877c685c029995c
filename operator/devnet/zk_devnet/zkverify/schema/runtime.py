"""The runtime as a whole: pallets by index and the enums that span them."""

import hashlib

from zk_devnet.zkverify.scale import U16, U32, Enum, Ref, Type
from zk_devnet.zkverify.schema import aggregate, balances, system, utility, verifiers
from zk_devnet.zkverify.schema.pallet import Constant, Pallet, StorageItem, wrapping

VFY = 10**18  # planck
EXISTENTIAL_DEPOSIT = VFY // 100
BLOCK_HASH_COUNT = 4096
SPEC_VERSION = 1_006_002
SPEC_NAME = "tzkv-runtime"
SS58_PREFIX = 251
DB_READ_PS = 9_372_000
DB_WRITE_PS = 71_631_000
BASE_EXTRINSIC_PS = 104_489_000
BASE_BLOCK_PS = 434_558_000
MAX_BLOCK_PS = 2 * 10**12
MAX_PROOF_SIZE = 2**64 - 1
NORMAL_BLOCK_PS = MAX_BLOCK_PS * 3 // 4
MAX_BLOCK_BYTES = 5 * 1024 * 1024
NORMAL_BLOCK_BYTES = MAX_BLOCK_BYTES * 3 // 4
MAX_EXTRINSIC_PS = NORMAL_BLOCK_PS - MAX_BLOCK_PS // 10 - BASE_EXTRINSIC_PS

RUNTIME_APIS = (  # name, version: what a client may reach through state_call
    ("Core", 5),
    ("Metadata", 2),
    ("BlockBuilder", 6),
    ("TaggedTransactionQueue", 3),
    ("AccountNonceApi", 1),
    ("TransactionPaymentApi", 4),
    ("TransactionPaymentCallApi", 3),
    ("AggregateApi", 1),
)


def runtime_version(spec_version: int = SPEC_VERSION) -> dict[str, object]:
    """The RuntimeVersion value for a spec version."""
    apis = [(api_id(name), version) for name, version in RUNTIME_APIS]
    return {
        "spec_name": SPEC_NAME,
        "impl_name": "zkv-node",
        "authoring_version": 1,
        "spec_version": spec_version,
        "impl_version": 1,
        "apis": apis,
        "transaction_version": 1,
        "system_version": 1,
    }


def api_id(name: str) -> bytes:
    """The identifier of a runtime API: BLAKE2b with 8 bytes of output."""
    return hashlib.blake2b(name.encode(), digest_size=8).digest()


def _weight(ref_time: int, proof_size: int = 0) -> dict[str, int]:
    return {"ref_time": ref_time, "proof_size": proof_size}


def _class_weights(total: tuple[int, int], reserved: tuple[int, int]) -> dict[str, object]:
    """A class's limits; one extrinsic may use the total less a tenth of the block, and less the base."""
    largest = (total[0] - MAX_BLOCK_PS // 10 - BASE_EXTRINSIC_PS, total[1] - MAX_PROOF_SIZE // 10)
    return {
        "base_extrinsic": _weight(BASE_EXTRINSIC_PS),
        "max_extrinsic": _weight(*largest),
        "max_total": _weight(*total),
        "reserved": _weight(*reserved),
    }


def _block_weights() -> dict[str, object]:
    everything, normal = (MAX_BLOCK_PS, MAX_PROOF_SIZE), (NORMAL_BLOCK_PS, MAX_PROOF_SIZE * 3 // 4)
    kept_free = (everything[0] - normal[0], everything[1] - normal[1])
    unlimited = dict.fromkeys(("max_extrinsic", "max_total", "reserved"))
    return {
        "base_block": _weight(BASE_BLOCK_PS),
        "max_block": _weight(*everything),
        "per_class": {
            "normal": _class_weights(normal, (0, 0)),
            "operational": _class_weights(everything, kept_free),
            "mandatory": {"base_extrinsic": _weight(BASE_EXTRINSIC_PS), **unlimited},
        },
    }


def system_constants(spec_version: int) -> tuple[Constant, ...]:
    """System's constants; the version is the only one that changes with an upgrade."""
    lengths = {
        "normal": NORMAL_BLOCK_BYTES,
        "operational": MAX_BLOCK_BYTES,
        "mandatory": MAX_BLOCK_BYTES,
    }
    return (
        Constant(name="BlockWeights", ty=system.BLOCK_WEIGHTS, value=_block_weights()),
        Constant(name="BlockLength", ty=system.BLOCK_LENGTH, value={"max": lengths}),
        Constant(name="BlockHashCount", ty=U32, value=BLOCK_HASH_COUNT),
        Constant(
            name="DbWeight", ty=system.DB_WEIGHT, value={"read": DB_READ_PS, "write": DB_WRITE_PS}
        ),
        Constant(name="Version", ty=system.RUNTIME_VERSION, value=runtime_version(spec_version)),
        Constant(name="SS58Prefix", ty=U16, value=SS58_PREFIX),
    )


HOLD_REASON = wrapping(
    "zkv_runtime::RuntimeHoldReason",
    [("Aggregate", 81, aggregate.HOLD_REASON), ("CommonVerifiers", 160, verifiers.HOLD_REASON)],
)
BALANCES = balances.balances_pallet(HOLD_REASON, EXISTENTIAL_DEPOSIT)


def _spanning(path: str, others: tuple[Pallet, ...], system_part: Type, kind: str) -> Enum:
    entries = [("System", 0, system_part)]
    for pallet in others:
        part = getattr(pallet, kind)
        if part is not None:
            entries.append((pallet.name, pallet.index, part))
    return wrapping(path, entries)


class RuntimeSchema:
    """One shape of the runtime: its calls, events and storage."""

    def __init__(self, *, allow_lists: bool) -> None:
        utilities = utility.utility_pallet(Ref("RuntimeCall", lambda: self.call))
        self._others = (
            system.TIMESTAMP,
            BALANCES,
            system.TRANSACTION_PAYMENT,
            utilities,
            aggregate.aggregate_pallet(allow_lists=allow_lists),
            verifiers.COMMON_VERIFIERS,
            verifiers.GROTH16,
            verifiers.SP1,
        )
        self.call = _spanning(
            "zkv_runtime::RuntimeCall", self._others, system.SYSTEM_CALLS, "calls"
        )
        self.event = _spanning(
            "zkv_runtime::RuntimeEvent", self._others, system.SYSTEM_EVENTS, "events"
        )
        self.storage = {
            (item.pallet, item.name): item
            for pallet in self.pallets(SPEC_VERSION)
            for item in pallet.storage
        }

    def pallets(self, spec_version: int) -> tuple[Pallet, ...]:
        """All pallets, in the order of their indices."""
        first = system.system_pallet(self.event, system_constants(spec_version))
        return (first, *self._others)


_SCHEMA = RuntimeSchema(allow_lists=True)
_GENESIS_SCHEMA = RuntimeSchema(allow_lists=False)
RUNTIME_CALL = _SCHEMA.call


def schema_of(spec_version: int) -> RuntimeSchema:
    """The shape of the runtime of that version."""
    return _SCHEMA if aggregate.has_allow_lists(spec_version) else _GENESIS_SCHEMA


def pallets(spec_version: int = SPEC_VERSION) -> tuple[Pallet, ...]:
    """All pallets of the runtime, in the order of their indices."""
    return schema_of(spec_version).pallets(spec_version)


_ERRORS = {
    (pallet.name, variant.name): (pallet.index, variant.index)
    for pallet in pallets()
    if pallet.errors
    for variant in pallet.errors.variants
}


def storage_item(pallet: str, name: str, spec_version: int = SPEC_VERSION) -> StorageItem:
    """The storage entry `pallet.name`; KeyError when the runtime has none."""
    return schema_of(spec_version).storage[pallet, name]


def module_error(pallet: str, name: str) -> dict[str, object]:
    """The ModuleError value of `pallet.name`: index and four bytes."""
    index, error = _ERRORS[pallet, name]
    return {"index": index, "error": bytes([error, 0, 0, 0])}
