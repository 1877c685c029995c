"""EIP-1559 transactions of one account as paid acts."""

from typing import Final, Protocol

from zk_operator.adapters.evm.block_source import fetch_block, fetch_head
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.adapters.evm.errors import (
    EndpointFailed,
    GasCapReached,
    InsufficientFunds,
    RpcError,
    TransactionReverted,
)
from zk_operator.adapters.evm.fees import FeeMarket, FeePolicy, offer
from zk_operator.adapters.evm.receipt import TxReceipt, parse_receipt, replay
from zk_operator.adapters.evm.revert import revert_reason
from zk_operator.adapters.evm.rpc import Rpc
from zk_operator.adapters.evm.transaction_errors import is_known, refusal
from zk_operator.adapters.evm.wire import as_hex, items, members, quantity
from zk_operator.adapters.signing.evm import SignedTransaction, Transaction
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import CallReverted, MalformedAnswer
from zk_operator.domain.ids import Address, hex0x
from zk_operator.domain.records import ActKind, Intent, Resource
from zk_operator.ports.act import (
    Failed,
    Fees,
    Included,
    Lapsed,
    Mined,
    Outcome,
    Pending,
    Prepared,
    Unknown,
)
from zk_operator.ports.chain import Call

_HISTORY_BLOCKS: Final = 10
_TIP_PERCENTILE: Final = 50


class TransactionSigner(Protocol):
    """The account's key."""

    @property
    def address(self) -> Address: ...

    def sign_transaction(self, transaction: Transaction) -> SignedTransaction: ...


class TransactionChannel:
    """PaidChannel[Call, Mined] of one account on one chain. `done_at`: a tag, or confirmations.

    An account nonce that was used at the head may be free again after a reorg; Lapsed is said only where it was used at
    `done_at` depth, by a transaction that is not the one asked about.
    """

    def __init__(
        self,
        *,
        pool: EndpointPool,
        signer: TransactionSigner,
        policy: FeePolicy,
        done_at: BlockTag | int = BlockTag.FINALIZED,
    ) -> None:
        self._pool = pool
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
        """Transactions of the account so far, those in the endpoint's pool counted."""
        return await self._pool.consistently(lambda rpc: self._count(rpc, "pending"))

    async def is_nonce_free(self, nonce: int) -> bool:
        """By the transaction count at the head."""
        latest = BlockTag.LATEST.value
        return await self._pool.consistently(lambda rpc: self._count(rpc, latest)) <= nonce

    async def balance(self) -> int:
        """Wei at the head."""
        answer = await self._pool.request("eth_getBalance", self._address, BlockTag.LATEST.value)
        return quantity(answer, "balance")

    async def prepare(self, request: Call, nonce: int, beat: Fees | None = None) -> Prepared:
        """As `PaidChannel`. The gas limit is the estimate at the head plus headroom.

        Errors: CallReverted (simulated), FeeCapReached, GasCapReached, InsufficientFunds, EvmUnreachable.
        """
        gas = await self._pool.consistently(lambda rpc: self._estimate(rpc, request))
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
        )

    async def send(self, intent: Intent) -> None:
        """As `PaidChannel`. A node that has the transaction already counts as accepting it."""
        await self._pool.deliver(lambda rpc: _send(rpc, intent))

    async def outcome(self, intent: Intent) -> Outcome[Mined]:
        """As `PaidChannel`, from one endpoint's view of the chain."""
        return await self._pool.consistently(lambda rpc: self._outcome(rpc, intent))

    async def _count(self, rpc: Rpc, block: str) -> int:
        answer = await rpc.request("eth_getTransactionCount", self._address, block)
        return quantity(answer, "transaction count")

    async def _estimate(self, rpc: Rpc, call: Call) -> int:
        request = {
            "from": self._address,
            "to": hex0x(call.to),
            "data": hex0x(call.data),
            "value": as_hex(call.value),
        }
        try:
            # At the head: "pending" would count the sibling that this may be going to replace.
            answer = await rpc.request("eth_estimateGas", request, BlockTag.LATEST.value)
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

    async def _outcome(self, rpc: Rpc, intent: Intent) -> Outcome[Mined]:
        done = await self._done_number(rpc)
        mined = await self._mined(rpc, intent, done)
        if mined is not None:
            return mined
        if await rpc.request("eth_getTransactionByHash", hex0x(intent.reference)) is not None:
            return Pending()
        if await self._count(rpc, as_hex(done)) > intent.nonce:
            # It may have been mined since the first look, where `done_at` is the head itself.
            return await self._mined(rpc, intent, done) or Lapsed(by_nonce=True)
        if await self._count(rpc, BlockTag.LATEST.value) > intent.nonce:
            return Pending()
        return Unknown()

    async def _mined(
        self, rpc: Rpc, intent: Intent, done: int
    ) -> Included[Mined] | Failed | Pending | None:
        answer = await rpc.request("eth_getTransactionReceipt", hex0x(intent.reference))
        if answer is None:
            return None
        receipt = parse_receipt(answer)
        block = await fetch_block(rpc, receipt.block_number)
        if block is None or block.hash != receipt.block_hash:
            return Pending()  # the receipt is of a block that was replaced
        final = receipt.block_number <= done
        if receipt.succeeded:
            return _included(receipt, final=final)
        return Failed(
            code=TransactionReverted.code,
            detail=await replay(rpc, intent.reference, receipt),
            final=final,
            paid=receipt.paid,
            block_number=receipt.block_number,
        )

    async def _done_number(self, rpc: Rpc) -> int:
        if isinstance(self._done_at, BlockTag):
            return (await fetch_head(rpc, self._done_at)).number
        head = await fetch_head(rpc, BlockTag.LATEST)
        return max(0, head.number - self._done_at)


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
