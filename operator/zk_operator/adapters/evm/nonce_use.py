"""Which transaction used an account's nonce: the evidence by which an act has lapsed.

That a receipt is missing shows nothing: a node that lags has none either. The block in which the nonce was used is looked
for by the states of the account, and what that block holds is the proof. The states only guide the search: a node that
keeps few of them, or gives an old one for a block that it does not have, leads nowhere, and to no wrong answer.
"""

from typing import Final

from zk_acts.domain.acts import Intent
from zk_acts.domain.ids import hex0x
from zk_acts.ports.act import Lapsed
from zk_operator.adapters.evm.blame import LACKING, is_missing_block
from zk_operator.adapters.evm.errors import RpcError
from zk_operator.adapters.evm.headers import lags
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.adapters.evm.wire import as_hex, items, members, quantity
from zk_operator.domain.chain_event import BlockRef

_REORG_BLOCKS: Final = (
    64  # by so much a chain may get shorter between a signature and its inclusion
)
_WITH_TRANSACTIONS: Final = True


class UseNotShown(RpcError):
    """Raised when an endpoint does not keep what would show which transaction used a nonce; another one may."""

    def __init__(self, nonce: int) -> None:
        super().__init__(
            method="eth_getTransactionCount", number=LACKING, text=f"no trace of who used {nonce}"
        )


async def transaction_count(rpc: Rpc, account: str, block: str) -> int:
    """Transactions of the account up to that block, which is a tag or a hex number."""
    answer = await rpc.request("eth_getTransactionCount", account, block)
    return quantity(answer, "transaction count")


async def lapse(rpc: Rpc, account: str, intent: Intent, done: BlockRef) -> Lapsed:
    """Lapsed, shown by the transaction that used the nonce up to `done`, or by a use before the intent was signed.

    Errors: EndpointFailed where it was this very transaction, whose receipt the endpoint does not have yet; UseNotShown.
    """
    history = _History(rpc, account, intent.nonce)
    # A use before it was signed needs no transaction to be shown: this one was never valid.
    low = max(0, min(intent.born_block - _REORG_BLOCKS, done.number))
    if await history.was_used(low):
        return Lapsed(by_nonce=True)
    number = await history.first_use(low, done.number)
    users = await history.users(number)
    # It took effect after all: this node has the block and not yet its receipts (ADR 0210).
    if hex0x(intent.reference) in users:
        raise lags(number)
    if not users:
        raise UseNotShown(intent.nonce)
    return Lapsed(by_nonce=True)


class _History:
    """One nonce of one account at one endpoint."""

    def __init__(self, rpc: Rpc, account: str, nonce: int) -> None:
        self._rpc = rpc
        self._account = account
        self._nonce = nonce

    async def first_use(self, low: int, high: int) -> int:
        """The block by which it was used, above `low`, if the states tell. It was by `high`."""
        while high - low > 1:
            middle = (low + high) // 2
            if await self.was_used(middle):
                high = middle
            else:
                low = middle
        return high

    async def was_used(self, number: int) -> bool:
        """Whether it was by that block. False where the state is gone: what is kept is looked through."""
        try:
            count = await transaction_count(self._rpc, self._account, as_hex(number))
        except RpcError as error:
            if is_missing_block(error):
                raise
            return False
        return count > self._nonce

    async def users(self, number: int) -> set[str]:
        """Hashes of the account's transactions in that block that have the nonce."""
        answer = await self._rpc.request("eth_getBlockByNumber", as_hex(number), _WITH_TRANSACTIONS)
        if answer is None:
            raise lags(number)
        held = items(members(answer, "block").get("transactions") or [], "transactions")
        sent = [
            fields
            for fields in (members(each, "transaction") for each in held)
            if str(fields.get("from")).lower() == self._account
        ]
        return {
            str(fields.get("hash")).lower()
            for fields in sent
            if quantity(fields.get("nonce"), "nonce") == self._nonce
        }
