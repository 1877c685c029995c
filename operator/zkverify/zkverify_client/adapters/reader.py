"""VerificationReader over the pool: keys, receipts, heads."""

import math

from zk_acts.domain.details import Aggregation
from zk_acts.domain.ids import Hash32
from zkverify_client.adapters.chain import Chain, ChainAccess
from zkverify_client.adapters.errors import ArchiveUnreachable, StatePruned
from zkverify_client.adapters.heads import HeadWakeUp
from zkverify_client.adapters.receipt import ReceiptFinder
from zkverify_client.adapters.runtime import GROTH16
from zkverify_client.domain.receipt import AggregationReceipt
from zkverify_client.domain.receipt_errors import ReceiptUnprovable


class ZkVerifyReader:
    """Reads zkVerify. Idempotent; any number of tasks at a time.

    Errors of all: ZkVerifyUnreachable, MalformedChainAnswer, StatePruned, RpcRefused, WrongNetwork.
    """

    def __init__(self, *, access: ChainAccess, wake_up: HeadWakeUp) -> None:
        self._access = access
        self._wake_up = wake_up
        self._receipts = ReceiptFinder()

    async def vk_registered(self, vk_hash: Hash32) -> bool:
        """Whether a finalized block has the key registered, by whomever."""

        async def look(chain: Chain) -> bool:
            finalized = await chain.finalized()
            runtime = await chain.runtime(finalized.hash)
            key = runtime.storage_key(GROTH16, "Vks", vk_hash)
            return await chain.storage(key, finalized.hash) is not None

        return await self._access.read(look)

    async def proof_systems(self) -> frozenset[str]:
        """Whose proofs the runtime of the finalized head verifies, by its metadata: "groth16", "sp1"."""

        async def look(chain: Chain) -> frozenset[str]:
            return (await chain.runtime((await chain.finalized()).hash)).proof_systems

        return await self._access.read(look)

    async def receipt(self, aggregation: Aggregation) -> AggregationReceipt | None:
        """The receipt, once it is published in a finalized block; verified here. Also ReceiptMismatch, and
        ReceiptUnprovable: it was published in a block that no endpoint keeps any more, or nothing gives its root."""
        try:
            return await self._access.read(lambda chain: self._receipts.find(chain, aggregation))
        except ArchiveUnreachable:
            raise
        except StatePruned as error:
            raise ReceiptUnprovable(
                domain_id=aggregation.domain_id,
                aggregation_id=aggregation.aggregation_id,
                cause=error.code,
            ) from error

    async def finalized_head(self) -> int:
        """The number of the finalized head."""

        async def look(chain: Chain) -> int:
            return (await chain.finalized()).number

        return await self._access.read(look)

    async def wait_for_head(self, at_most_s: float = math.inf) -> None:
        """Return when a finalized head was announced, or after a while without. Error: WrongNetwork."""
        await self._wake_up.wait(at_most_s)
