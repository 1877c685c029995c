"""What the chain holds for what it stores: by its own prices of an item and a byte, and by the layout in its metadata.

Source: repository zkVerify/zkVerify, runtime/zkverify/src: `currency::deposit(items, bytes)` makes every deposit of the
runtime. Those of keys and domains are no constants of the metadata, but Multisig's are, and give the two prices.
"""

from dataclasses import dataclass

from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.runtime import AGGREGATE, Runtime

_MULTISIG = "Multisig"
_MULTISIG_BYTES, _FACTOR_BYTES = (
    88,
    32,
)  # DepositBase = deposit(1, 88), DepositFactor = deposit(0, 32)
# Two items with a key of 32 bytes, another of 16 and 64, and a balance of 16: Vks and Tickets.
_VK_ITEMS, _VK_BYTES = 2, 32 + 16 + 64 + 16
_DOMAIN_ITEMS, _DOMAIN_BYTES = 2, 64
_NOWHERE = {"destination": 1}  # counted as it is, not as the largest; ours has no content
_LIST_ITEMS, _LISTED_BYTES = 2, 68


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePrices:
    """In planck."""

    item: int
    byte: int

    @classmethod
    def of(cls, runtime: Runtime) -> "StoragePrices":
        """The chain's. RuntimeUnsupported where it has no Multisig, MalformedChainAnswer for prices that are none."""
        byte, rest = divmod(runtime.constant(_MULTISIG, "DepositFactor"), _FACTOR_BYTES)
        item = runtime.constant(_MULTISIG, "DepositBase") - _MULTISIG_BYTES * byte
        if rest or item < 0:
            raise MalformedChainAnswer("the chain's deposits have another form than is known")
        return cls(item=item, byte=byte)

    def deposit(self, items: int, size_bytes: int) -> int:
        """For so many items of so many bytes together."""
        return items * self.item + size_bytes * self.byte


def vk_deposit(runtime: Runtime, scale_size: int) -> int:
    """For a verifying key of that many SCALE bytes, in planck. Errors: as StoragePrices.of."""
    return StoragePrices.of(runtime).deposit(_VK_ITEMS, _VK_BYTES + scale_size)


def domain_deposit(runtime: Runtime, size: int, queue: int) -> int:
    """For a domain of that aggregation size and publishing queue, in planck: by its largest entry. Errors: as vk_deposit."""
    lists = {
        "statements": (size, runtime.constant(AGGREGATE, "AggregationSize")),
        "should_publish": (queue, runtime.constant(AGGREGATE, "MaxPendingPublishQueueSize")),
    }
    entry = runtime.types.largest(runtime.storage_type(AGGREGATE, "Domains"), lists, _NOWHERE)
    return StoragePrices.of(runtime).deposit(_DOMAIN_ITEMS, _DOMAIN_BYTES + entry)


def allowlist_deposit(runtime: Runtime, accounts: int) -> int:
    """The most that so many more accounts on an allow-list make the chain hold, in planck. Errors: as vk_deposit."""
    return StoragePrices.of(runtime).deposit(_LIST_ITEMS, _LISTED_BYTES * accounts)
