"""EIP-1559 transactions of one account as paid acts."""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from zk_acts.domain.acts import ActKind, Intent, Resource
from zk_acts.domain.details import Mined
from zk_acts.domain.ids import IntentId, hex0x
from zk_acts.ports.act import Failed, Fees, Included, Lapsed, Outcome, Pending, Prepared, Unknown
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.errors import (
    EndpointFailed,
    GasCapReached,
    InsufficientFunds,
    RpcError,
    TransactionReverted,
)
from zk_operator.adapters.evm.fees import FeeMarket, FeePolicy, can_replace, offer
from zk_operator.adapters.evm.headers import ChainHead, fetch_block, lags
from zk_operator.adapters.evm.nonce_use import UseNotShown, lapse, transaction_count
from zk_operator.adapters.evm.receipt import TxReceipt, parse_receipt, replay
from zk_operator.adapters.evm.revert import revert_reason
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.adapters.evm.transaction_errors import is_known, refusal
from zk_operator.adapters.evm.wire import as_hex, items, members, quantity
from zk_operator.adapters.signing.evm import SignedTransaction, Transaction
from zk_operator.domain.chain_event import BlockRef, BlockTag
from zk_operator.domain.failures import CallReverted, DepthUnknown, MalformedAnswer
from zk_operator.domain.ids import Address
from zk_operator.ports.chain import Call

_HISTORY_BLOCKS: Final = 10
_DENIALS: Final = 5
_TIP_PERCENTILE: Final = 50


class TransactionSigner(Protocol):
    """The account's key."""

    @property
    def address(self) -> Address: ...

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction: ...


class TransactionChannel:
    """PaidChannel[Call, Mined] of one account on one chain. `done_at`: a tag, or confirmations.

    An account nonce that was used at the head may be free again after a reorg; Lapsed is said only where it was used at
    `done_at` depth, by a transaction that is not the one asked about. That a receipt is missing does not show that: a
    node that lags has none either. The block that used the nonce is looked for, and what it holds is the evidence.
    """

    def __init__(
        self,
        *,
        pool: EndpointPool,
        signer: TransactionSigner,
        policy: FeePolicy,
        done_at: BlockTag | int = BlockTag.FINALIZED,
        head: ChainHead | None = None,
    ) -> None:
        self._pool = pool
        self._head = head or ChainHead(pool=pool)
        self._denials: dict[IntentId, int] = {}
        self._signer = signer
        self._policy = policy
        self._done_at = done_at
        self._address = hex0x(signer.address)

    def __repr__(self) -> str:
        return f"TransactionChannel({self.name}, account={self._address})"

    @property
    def kind(self) -> ActKind:
        """Transactions."""
        return ActKind.TRANSACTION

    @property
    def resource(self) -> Resource:
        """Gas, in wei of the native currency."""
        return Resource.GAS

    @property
    def name(self) -> str:
        """ "evm:" and the chain id."""
        return f"evm:{self._pool.chain_id}"

    @property
    def account(self) -> str:
        """The sender's address."""
        return self._address

    async def next_nonce(self) -> int:
        """Transactions of the account so far, those in the endpoint's pool counted.

        The pool of a node that lags counts too few: those up to the head are counted in any case.
        """
        # For whoever keeps no rows. The operator takes nonces from state alone (ADR 0219).
        head = await self._at_head(self._count)
        return max(head, await self._pool.consistently(lambda rpc: self._count(rpc, "pending")))

    async def is_nonce_free(self, nonce: int) -> bool:
        """By the transaction count at the newest block that any endpoint has shown: one that lags knows too few."""
        return await self.unused_nonce() <= nonce

    async def unused_nonce(self) -> int:
        """As `is_nonce_free`."""
        return await self._at_head(self._count)

    async def balance(self) -> int:
        """Wei at the head."""

        async def read(rpc: Rpc, number: str) -> int:
            return quantity(await rpc.request("eth_getBalance", self._address, number), "balance")

        return await self._at_head(read)

    async def prepare(self, request: Call, nonce: int, beat: Fees | None = None) -> Prepared:
        """As `PaidChannel`. The gas limit is the estimate at the head plus headroom.

        Errors: CallReverted (simulated), FeeCapReached, GasCapReached, InsufficientFunds, EvmUnreachable.
        """
        head = await self._head.latest()
        gas = await self._pool.consistently(
            lambda rpc: self._estimate(rpc, request, head), names_block=True
        )
        market = await self._pool.consistently(fee_market)
        fees = offer(market, self._policy, beat)
        signed = self._signer.sign_transaction(
            Transaction(
                chain_id=self._pool.chain_id,
                nonce=nonce,
                to=request.to,
                data=request.data,
                value=request.value,
                gas=gas,
                fee_cap=fees.fee_cap,
                tip=fees.tip,
            )
        )
        return Prepared(
            nonce=nonce,
            payload=signed.raw,
            reference=signed.hash,
            quoted=gas * fees.fee_cap + request.value,
            fees=fees,
            born_block=head.number,
        )

    def can_replace(self, fees: Fees) -> bool:
        """Whether it may offer more than these."""
        return can_replace(self._policy, fees)

    async def send(self, intent: Intent) -> None:
        """As `PaidChannel`. A node that has the transaction already counts as accepting it."""
        # One after the other until one answers, and never a second answer after one that may have been a yes
        # (ADR 0062).
        await self._pool.deliver(lambda rpc: _send(rpc, intent))

    async def outcome(self, intent: Intent) -> Outcome[Mined]:
        """As `PaidChannel`. Nothing is final, and nothing has lapsed, while no endpoint knows the depth for that."""
        # All questions about one act go to one endpoint: answers of a node that leads and of one that lags
        # make a lapse that never was (ADR 0061).
        done = await self._done()
        try:
            outcome: Outcome[Mined] = await self._pool.consistently(
                lambda rpc: self._outcome(rpc, intent, done)
            )
        except UseNotShown:
            outcome = await self._denied(intent, done)
        if not isinstance(outcome, Pending):
            self._denials.pop(intent.intent_id, None)
        return outcome

    async def _at_head(self, read: Callable[[Rpc, str], Awaitable[int]]) -> int:
        """What `read` finds at the head, by its number: a node that does not have it is no source."""
        number = as_hex((await self._head.latest()).number)
        return await self._pool.consistently(lambda rpc: read(rpc, number), names_block=True)

    async def _count(self, rpc: Rpc, block: str) -> int:
        return await transaction_count(rpc, self._address, block)

    async def _estimate(self, rpc: Rpc, call: Call, head: BlockRef) -> int:
        request = {
            "from": self._address,
            "to": hex0x(call.to),
            "data": hex0x(call.data),
            "value": as_hex(call.value),
        }
        try:
            # "pending" would count the sibling that this may be going to replace; "latest" of a node that lags has not
            # yet seen what this call needs.
            answer = await rpc.request("eth_estimateGas", request, as_hex(head.number))
        except RpcError as error:
            reason = revert_reason(error)
            if reason is not None:
                raise CallReverted(to=hex0x(call.to), reason=reason) from error
            cause = refusal(error)
            raise (cause if isinstance(cause, InsufficientFunds) else error) from error
        estimate = quantity(answer, "gas estimate")
        if estimate > self._policy.max_gas:
            raise GasCapReached(estimate=estimate, max_gas=self._policy.max_gas)
        headroom = estimate * self._policy.gas_headroom_percent // 100
        return min(estimate + headroom, self._policy.max_gas)

    async def _outcome(self, rpc: Rpc, intent: Intent, done: BlockRef | None) -> Outcome[Mined]:
        mined = await self._mined(rpc, intent, done)
        if mined is not None:
            return mined
        # Some providers go on telling of a transaction for long after another one has used its nonce.
        pooled = await rpc.request("eth_getTransactionByHash", hex0x(intent.reference)) is not None
        # At the depth of finality: a nonce that is used at the head only may be free again after a reorg (ADR 0061).
        if done is not None and await self._is_used(rpc, intent, done, pooled=pooled):
            return await lapse(rpc, self._address, intent, done)
        # Used at the head, and not by this transaction as far as is known: soon it is told (ADR 0061).
        if pooled or await self._count(rpc, BlockTag.LATEST.value) > intent.nonce:
            return Pending()
        return Unknown()

    async def _is_used(self, rpc: Rpc, intent: Intent, done: BlockRef, *, pooled: bool) -> bool:
        try:
            return await self._count(rpc, as_hex(done.number)) > intent.nonce
        except RpcError:
            if pooled:  # while the chain does not finalize, few nodes keep the state of that block
                return False
            raise

    async def _mined(
        self, rpc: Rpc, intent: Intent, done: BlockRef | None
    ) -> Included[Mined] | Failed | Pending | None:
        answer = await rpc.request("eth_getTransactionReceipt", hex0x(intent.reference))
        if answer is None:
            return None
        receipt = parse_receipt(answer, intent.reference)
        block = await fetch_block(rpc, receipt.block_number)
        if block is None:
            raise lags(receipt.block_number)
        if block.hash != receipt.block_hash:
            return Pending()  # the receipt is of a block that was replaced
        # Without a depth nothing is final, however old: settling on it could not be taken back (ADR 0184).
        final = done is not None and receipt.block_number <= done.number
        if receipt.succeeded:
            return _included(receipt, final=final)
        return Failed(
            code=TransactionReverted.code,
            detail=await replay(rpc, intent.reference, receipt),
            final=final,
            paid=receipt.paid,
            block_number=receipt.block_number,
        )

    async def _denied(self, intent: Intent, done: BlockRef | None) -> Outcome[Mined]:
        """No endpoint shows what used the nonce: no receipt, said by all again and again, has to do."""

        async def look(rpc: Rpc) -> Outcome[Mined]:
            mined = await self._mined(rpc, intent, done)
            if mined is None:
                raise lags(intent.born_block)
            return mined

        try:
            return await self._pool.consistently(look)
        except EndpointFailed as error:
            if not error.lags:
                raise
        said = self._denials[intent.intent_id] = self._denials.get(intent.intent_id, 0) + 1
        # A node that dropped old blocks cannot show who used the nonce; without an end such an act would hold
        # up its account (ADR 0210).
        return Lapsed(by_nonce=True) if said >= _DENIALS else Pending()

    async def _done(self) -> BlockRef | None:
        if isinstance(self._done_at, BlockTag):
            try:
                return await self._head.tagged(self._done_at)
            except DepthUnknown:
                return None
        head = await self._head.latest()
        return await self._head.block(max(0, head.number - self._done_at))


def _included(receipt: TxReceipt, *, final: bool) -> Included[Mined]:
    detail = Mined(
        block_number=receipt.block_number,
        block_hash=receipt.block_hash,
        gas_used=receipt.gas_used,
    )
    return Included(
        detail=detail, final=final, paid=receipt.paid, block_number=receipt.block_number
    )


async def _send(rpc: Rpc, intent: Intent) -> None:
    try:
        answer = await rpc.request("eth_sendRawTransaction", hex0x(intent.payload))
    except RpcError as error:
        # It has these very bytes: for us the same as taking them (ADR 0062).
        if is_known(error):
            return
        raise refusal(error) from error
    if answer != hex0x(intent.reference):
        raise EndpointFailed("another transaction hash than ours", may_have_arrived=True)


async def fee_market(rpc: Rpc) -> FeeMarket:
    """What the last blocks paid: eth_feeHistory, or eth_gasPrice where a node does not have that."""
    try:
        answer = await rpc.request(
            "eth_feeHistory", as_hex(_HISTORY_BLOCKS), BlockTag.LATEST.value, [_TIP_PERCENTILE]
        )
    except RpcError:
        price = quantity(await rpc.request("eth_gasPrice"), "gas price")
        return FeeMarket(base_fee=price, tip=0)
    return parse_fee_history(answer)


def parse_fee_history(answer: object) -> FeeMarket:
    """The next block's base fee, and the median of the tips of blocks that had any. Error: MalformedAnswer."""
    history = members(answer, "fee history")
    base_fees = items(history.get("baseFeePerGas"), "base fees")
    if not base_fees:
        raise MalformedAnswer("the fee history is empty")
    rewards = [items(entry, "rewards") for entry in items(history.get("reward") or [], "rewards")]
    tips = sorted(quantity(entry[0], "reward") for entry in rewards if entry)
    paid = [tip for tip in tips if tip]
    return FeeMarket(
        base_fee=quantity(base_fees[-1], "base fee"), tip=paid[len(paid) // 2] if paid else 0
    )
