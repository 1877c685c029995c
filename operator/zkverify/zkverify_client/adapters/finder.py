"""Finds statements on the chain, whoever submitted them."""

from zk_acts.domain.details import Aggregation
from zk_acts.domain.ids import Hash32, Statement
from zkverify_client.adapters.chain import BlockFacts, Chain, ChainAccess
from zkverify_client.adapters.outcome import find_new_proof, uint_of
from zkverify_client.adapters.scan import BlockScan


class StatementSearch:
    """Scans finalized blocks for NewProof events.

    Errors: ZkVerifyUnreachable, MalformedChainAnswer, StatePruned, RpcRefused, WrongNetwork.
    """

    def __init__(self, *, access: ChainAccess) -> None:
        self._access = access
        self._scan: BlockScan[tuple[Statement, int, int], Aggregation] = BlockScan()

    async def find(
        self, statement: Statement, domain_id: int, first_block: int
    ) -> Aggregation | None:
        """Where a finalized block from that one on put the statement into the domain; None where none did (yet)."""
        key = (statement, domain_id, first_block)

        async def look(chain: Chain, block_hash: Hash32) -> Aggregation | None:
            if (await chain.raw_events(block_hash)).find(statement) < 0:
                return None
            return await _placed(chain, await chain.block(block_hash), statement, domain_id)

        return await self._access.read(lambda chain: self._scan.find(chain, key, first_block, look))

    async def finalized_head(self) -> int:
        """The number of the finalized head."""

        async def look(chain: Chain) -> int:
            return (await chain.finalized()).number

        return await self._access.read(look)


async def _placed(
    chain: Chain, block: BlockFacts, statement: Statement, domain_id: int
) -> Aggregation | None:
    event = find_new_proof(await chain.events(block), statement, domain_id)
    if event is None:
        return None
    return Aggregation(
        statement=statement,
        domain_id=domain_id,
        aggregation_id=uint_of(event.fields.get("aggregation_id")),
        block_number=block.number,
        block_hash=block.hash,
    )
