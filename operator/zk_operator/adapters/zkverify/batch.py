"""What became of each proof of a batch: read from the block that has it."""

from zk_operator.adapters.zkverify.calls import SubmittedBatch, read_call
from zk_operator.adapters.zkverify.chain import Chain, ChainAccess
from zk_operator.adapters.zkverify.errors import MalformedChainAnswer
from zk_operator.adapters.zkverify.extrinsic import call_of
from zk_operator.adapters.zkverify.outcome import batch_outcomes
from zk_operator.domain.ids import Hash32
from zk_operator.domain.records import Intent
from zk_operator.ports.act import Outcome
from zk_operator.ports.zkverify import Verified, ZkVerifyDetail


class BatchReader:
    """Reads batches that were included. Errors: those of Chain."""

    def __init__(self, *, access: ChainAccess) -> None:
        self._access = access

    async def outcomes(self, act: Intent, batch: Verified) -> tuple[Outcome[ZkVerifyDetail], ...]:
        """Of each proof, in the batch's order: Included with its Aggregation (or Verified, without a domain), or Failed
        with the cause for which its domain did not take it. `act` and `batch` are an errand's row and detail.

        Read it when the act is final: nodes keep a block's events for 25 minutes. Also MalformedChainAnswer where the
        row is no batch, or not in that block.
        """

        async def look(chain: Chain) -> tuple[Outcome[ZkVerifyDetail], ...]:
            block = await chain.block(batch.block_hash)
            if Hash32(act.reference) not in block.extrinsics:
                raise MalformedChainAnswer("the block does not have this batch")
            index = block.extrinsics.index(Hash32(act.reference))
            runtime = await chain.executing_runtime(block)
            submitted = read_call(runtime, call_of(runtime, act.payload))
            if not isinstance(submitted, SubmittedBatch):
                raise MalformedChainAnswer("this act is no batch")
            events = [e for e in await chain.events(block) if e.extrinsic == index]
            return batch_outcomes(
                events, submitted, block_number=block.number, block_hash=block.hash
            )

        return await self._access.read(look)
