"""Declared weights of the runtime's calls: figures of runtime 1.6.2's benchmarks, in picoseconds."""

from collections.abc import Callable
from typing import Any

from zk_devnet.zkverify.context import Weight
from zk_devnet.zkverify.scale import Case
from zk_devnet.zkverify.schema.aggregate import AGGREGATION_LIMIT
from zk_devnet.zkverify.schema.runtime import DB_READ_PS, DB_WRITE_PS

Args = dict[str, Any]


def _w(ref_time: int, proof_size: int = 0, *, reads: int = 0, writes: int = 0) -> Weight:
    return Weight(ref_time + reads * DB_READ_PS + writes * DB_WRITE_PS, proof_size)


EXTENSIONS = _w(80_652_000, 6196 + 3593, reads=3, writes=3)  # the sum over the signed extensions
TIMESTAMP_SET = _w(9_809_000, 1493, reads=2, writes=1)
DISABLED_VERIFIER = _w(0, reads=1)
AGGREGATE_UNKNOWN_DOMAIN = _w(4_528_000, 212_932, reads=1)
AGGREGATE_INVALID_ID = _w(6_973_000, 212_932, reads=1)
ON_PROOF_VERIFIED = _w(72_195_000, 212_932, reads=3, writes=2)


def aggregate(leaves: int) -> Weight:
    """Publishing an aggregation of that many leaves."""
    return _w(16_192_092 + 44_338_892 * leaves, 212_932 + 96 * leaves, reads=3, writes=3)


def batch(calls: int) -> Weight:
    """Utility.batch around that many calls."""
    return _w(3_975_137 + 2_510_641 * calls)


def batch_all(calls: int) -> Weight:
    """Utility.batch_all around that many calls."""
    return _w(4_776_318 + 2_707_702 * calls)


def force_batch(calls: int) -> Weight:
    """Utility.force_batch around that many calls."""
    return _w(9_379_490 + 2_469_123 * calls)


def _groth16_submit(args: Args) -> Weight:
    inputs, bn254 = len(args["pubs"]), args["proof"]["curve"].name == "Bn254"
    verify = (2_888_557_299, 102_339_037) if bn254 else (3_665_347_404, 186_812_128)
    statement = _w(6_626_293 + 459_212 * inputs)
    verifying = _w(verify[0] + verify[1] * inputs).compose(statement)
    return _submit(args, _groth16_key(args["vk_or_hash"]), verifying)


def _groth16_key(vk_or_hash: Case) -> Weight:
    if vk_or_hash.name == "Hash":
        return _w(12_755_000, 10_558, reads=1)
    inputs = max(0, len(vk_or_hash.value["gamma_abc_g1"]) - 1)
    if vk_or_hash.value["curve"].name == "Bn254":
        return _w(1_027_988_953 + 93_855_633 * inputs)
    return _w(407_484_119 + 61_776_133 * inputs)


def _groth16_register(args: Args) -> Weight:
    inputs = max(0, len(args["vk"]["gamma_abc_g1"]) - 1)
    if args["vk"]["curve"].name == "Bn254":
        return _w(1_085_276_348 + 94_239_320 * inputs, 10_558, reads=4, writes=3)
    return _w(465_639_939 + 62_278_713 * inputs, 10_558, reads=4, writes=3)


def _sp1_submit(args: Args) -> Weight:
    hashed = args["vk_or_hash"].name == "Hash"
    key = _w(4_118_000, 3537, reads=1) if hashed else _w(160_000)
    return _submit(args, key, _w(65_701_118_000).compose(_w(2_305_000)))


def _submit(args: Args, key: Weight, verifying: Weight) -> Weight:
    hook = Weight() if args["domain_id"] is None else ON_PROOF_VERIFIED
    return _w(0, reads=1).compose(key).compose(verifying).compose(hook)


def _allowlist(args: Args) -> Weight:
    count = len(args["submitters"])
    base = _w(7_233_000 + 3_720_794 * count, 212_932 + 2475 * count, reads=1, writes=1)
    return base + _w(0, reads=count, writes=count)


def _remove_submitters(args: Args) -> Weight:
    count = len(args["submitters"])
    base = _w(13_034_000 + 7_090_611 * count, 212_932 + 2529 * count, reads=2, writes=1)
    return base + _w(0, reads=count, writes=count)


def _batched(total: Callable[[int], Weight]) -> Callable[[Args], Weight]:
    def weigh(args: Args) -> Weight:
        return sum((of_call(call) for call in args["calls"]), total(len(args["calls"])))

    return weigh


def _wrapped(own: Weight) -> Callable[[Args], Weight]:
    return lambda args: own + of_call(args["call"])


_TRANSFER = {"reads": 1, "writes": 1}
_WEIGHTS: dict[tuple[str, str], Weight | Callable[[Args], Weight]] = {
    ("System", "remark"): lambda args: _w(26_401_352 + 345 * len(args["remark"])),
    ("System", "remark_with_event"): lambda args: _w(44_258_258 + 1_666 * len(args["remark"])),
    ("System", "set_heap_pages"): _w(2_575_000, writes=1),
    ("System", "set_code"): _w(88_279_371_000, writes=1),
    ("System", "set_code_without_checks"): _w(88_279_371_000, writes=1),
    ("System", "apply_authorized_upgrade"): _w(92_216_030_000, 1518, reads=1, writes=2),
    ("Timestamp", "set"): TIMESTAMP_SET,
    ("Balances", "transfer_allow_death"): _w(44_894_000, 3593, **_TRANSFER),
    ("Balances", "transfer_keep_alive"): _w(35_556_000, 3593, **_TRANSFER),
    ("Balances", "transfer_all"): _w(44_853_000, 3593, **_TRANSFER),
    ("Balances", "force_transfer"): _w(49_792_000, 6196, reads=2, writes=2),
    ("Balances", "force_set_balance"): _w(22_021_000, 3593, **_TRANSFER),
    ("Utility", "batch"): _batched(batch),
    ("Utility", "batch_all"): _batched(batch_all),
    ("Utility", "force_batch"): _batched(force_batch),
    ("Utility", "as_derivative"): _wrapped(_w(3_416_000, reads=1, writes=1)),
    ("Utility", "dispatch_as"): _wrapped(_w(5_160_000)),
    ("Aggregate", "aggregate"): aggregate(AGGREGATION_LIMIT),
    ("Aggregate", "register_domain"): _w(61_064_000, 3622, reads=2, writes=3),
    ("Aggregate", "hold_domain"): _w(13_104_000, 212_932, reads=2, writes=1),
    ("Aggregate", "unregister_domain"): _w(10_189_000, 212_932, reads=1, writes=1),
    ("Aggregate", "set_total_delivery_fee"): _w(7_173_000, 212_932, reads=1, writes=1),
    ("Aggregate", "allowlist_proof_submitters"): _allowlist,
    ("Aggregate", "remove_proof_submitters"): _remove_submitters,
    ("SettlementGroth16Pallet", "submit_proof"): _groth16_submit,
    ("SettlementGroth16Pallet", "register_vk"): _groth16_register,
    ("SettlementGroth16Pallet", "disable"): _w(0, writes=1),
    ("SettlementGroth16Pallet", "unregister_vk"): _w(46_939_000, 10_558, reads=3, writes=3),
    ("SettlementSp1Pallet", "submit_proof"): _sp1_submit,
    ("SettlementSp1Pallet", "register_vk"): _w(43_371_000, 3604, reads=4, writes=3),
    ("SettlementSp1Pallet", "disable"): _w(0, writes=1),
    ("SettlementSp1Pallet", "unregister_vk"): _w(39_082_000, 3604, reads=3, writes=3),
}
_ROOT_ONLY = _w(50_000_000, reads=1, writes=1)


def of_call(call: Case) -> Weight:
    """The declared (worst-case) weight of a runtime call, without extensions and base."""
    entry = _WEIGHTS.get((call.name, call.value.name), _ROOT_ONLY)
    return entry if isinstance(entry, Weight) else entry(call.value.value)
