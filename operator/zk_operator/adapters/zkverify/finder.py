"""Finds statements on the chain, whoever submitted them."""

from cachetools import LRUCache

from zk_operator.adapters.zkverify.chain import BlockFacts, Chain, ChainAccess
from zk_operator.adapters.zkverify.outcome import find_new_proof, uint_of
from zk_operator.domain.ids import Statement
from zk_operator.domain.records import Aggregation

_REMEMBERED = 1024


class StatementSearch:
    """Scans finalized blocks for NewProof events; remembers how far it came for each statement.

    Errors: ZkVerifyUnreachable, MalformedChainAnswer, StatePruned, RpcRefused, WrongNetwork.
    """

    def __init__(self, *, access: ChainAccess) -> None:
        self._access = access
        self._next: LRUCache[tuple[Statement, int, int], int] = LRUCache(_REMEMBERED)

    async def find(
        self, statement: Statement, domain_id: int, first_block: int
    ) -> Aggregation | None:
        """Where a finalized block from that one on put the statement into the domain; None where none did (yet)."""
        key = (statement, domain_id, first_block)

        async def look(chain: Chain) -> Aggregation | None:
            finalized = await chain.finalized()
            for number in range(self._next.get(key, first_block), finalized.number + 1):
                block_hash = await chain.canonical_hash(number, finalized)
                if block_hash is None:
                    return None
                if (await chain.raw_events(block_hash)).find(statement) >= 0:
                    block = await chain.block(block_hash)
                    if (found := await _placed(chain, block, statement, domain_id)) is not None:
                        return found
                self._next[key] = number + 1
            return None

        return await self._access.read(look)

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
