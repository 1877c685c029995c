"""Traders against our contracts on anvil: what they check, send, and find again."""

from dataclasses import replace
from decimal import Decimal

import anyio
import pytest
from tests.integration.cli_order.conftest import CANCEL_DELAY_S, SPAN_S, Market, market

from zk_acts.domain.errors import OperatorError
from zk_devnet.evm.accounts import ORDER_RELAYER, dev_account
from zk_devnet.evm.codec import encode_call
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import CallReverted, NoContractCode, WrongChain
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import ORDER_ABI, order_id
from zk_trader.client import TraderConfig, open_trader_client
from zk_trader.errors import (
    AllowanceTooLow,
    AmountBelowMinimum,
    AmountOutOfRange,
    CancelPending,
    DeadlineOutOfRange,
    IntakePaused,
    NativeNeedsSwap,
    NotOrderOwner,
    NotRefundableYet,
    OrderAlreadyPlaced,
    OrderEnded,
    OrderNotFound,
    OrderRejectedOnChain,
    OwnerInvalid,
    PoolNotTraded,
    RouterPlacesNoOrder,
    TokensMissing,
    TransactionUndecided,
    WatchTimedOut,
)
from zk_trader.stage import Stage
from zk_trader.trader import OrderRequest
from zk_trader.watch import Transition

pytestmark = pytest.mark.devnet


async def escrow(at: Market, currency: Address) -> int:
    return await at.read(at.made.hook, "escrowOf(address)", currency)


async def test_place__signed_without_allowance__approves_the_amount_and_places() -> None:
    async with market() as at:
        token, owner = at.tokens.currency0, at.made.traders[0]
        await at.send(owner, token, "approve(address,uint256)", at.made.hook, 0)
        placed = await at.trader().place(at.request())
        assert await escrow(at, token) == 10**9
        assert await at.read(token, "allowance(address,address)", owner, at.made.hook) == 0
        assert [fields["purpose"] for _, fields in at.told] == ["approve"] * 2 + ["place"] * 2
        assert (placed.order.owner, placed.task_index) == (owner, 0)
        state = await at.client.view.state(placed.order_id)
        assert (state.status, state.cancel_at_s) == (1, 0)


async def test_place__swap__becomes_the_same_kind_of_order() -> None:
    async with market() as at:
        token, beneficiary = at.tokens.currency1, Address(b"\x77" * 20)
        request = at.request(
            zero_for_one=False, router=at.made.swap_router, owner=beneficiary, salt=2**256 - 1
        )
        placed = await at.trader().place(request)
        assert placed.order.owner == beneficiary
        assert await escrow(at, token) == 10**9
        assert (await at.client.view.state(placed.order_id)).status == 1


async def test_place__swap_of_native_currency__sends_it_along() -> None:
    async with market() as at:
        request = at.request(
            pool_id=at.native.pool_id, amount_in=Decimal("1.5"), router=at.made.swap_router
        )
        placed = await at.trader().place(request)
        assert placed.order.amount_in == 15 * 10**17
        assert await escrow(at, at.native.currency0) == 15 * 10**17


async def test_place__amounts_in_tokens__uses_each_tokens_decimals() -> None:
    async with market() as at:
        decimals = {token.address: token.decimals for token in at.made.tokens}
        placed = await at.trader().place(
            at.request(amount_in=Decimal("2250.25"), min_out=Decimal("0.125"))
        )
        assert placed.order.amount_in == 225_025 * 10 ** decimals[at.tokens.currency0] // 100
        assert placed.order.min_out == 125 * 10 ** decimals[at.tokens.currency1] // 1000


def unacceptable(at: Market) -> list[tuple[OrderRequest, type[OperatorError]]]:
    return [
        (at.request(pool_id=PoolId(b"\x01" * 32)), PoolNotTraded),
        (at.request(amount_in=1), AmountBelowMinimum),
        (at.request(amount_in=2**127), AmountOutOfRange),
        (at.request(amount_in=Decimal("0.00000000001")), AmountOutOfRange),
        (at.request(min_out=2**128), AmountOutOfRange),
        (at.request(salt=2**256), AmountOutOfRange),
        (at.request(lifetime_s=SPAN_S + 60), DeadlineOutOfRange),
        (at.request(pool_id=at.native.pool_id, amount_in=10**18), NativeNeedsSwap),
        (at.request(owner=at.made.traders[1]), OwnerInvalid),
        (at.request(owner=Address(bytes(20)), router=at.made.swap_router), OwnerInvalid),
        (at.request(amount_in=10**20), TokensMissing),
        (at.request(router=Address(b"\x99" * 20), approve=False), AllowanceTooLow),
    ]


async def test_place__what_the_contract_would_refuse__is_said_before_anything_is_sent() -> None:
    async with market() as at:
        for request, expected in unacceptable(at):
            with pytest.raises(expected):
                await at.trader().place(request)
        assert at.told == []


async def test_place__same_terms_and_salt_again__is_refused_here() -> None:
    async with market() as at:
        placed = await at.trader().place(at.request())
        # The deadline follows the head: the lifetime that gives the same one.
        head = await at.client.view.head()
        again = at.request(lifetime_s=placed.order.deadline - head.timestamp)
        with pytest.raises(OrderAlreadyPlaced):
            await at.trader().place(again)


async def test_place__paused__says_so() -> None:
    async with market() as at:
        await at.send(at.made.owner, at.made.manager, "pause()")
        with pytest.raises(IntakePaused):
            await at.trader().place(at.request())


async def test_place__router_that_drops_the_order__is_found_by_simulation() -> None:
    async with market() as at:
        nobody = Address(b"\x99" * 20)  # an account without code answers any call with nothing
        with pytest.raises(RouterPlacesNoOrder):
            await at.trader().place(at.request(router=nobody))
        assert {fields["purpose"] for _, fields in at.told} == {"approve"}


async def test_place__placed_by_a_relayer_meanwhile__reports_the_contracts_rejection() -> None:
    async with market() as at, anyio.create_task_group() as tasks:
        await at.rpc.call("evm_setAutomine", False)
        refused: list[OrderRejectedOnChain] = []

        async def place() -> None:
            with pytest.raises(OrderRejectedOnChain) as caught:
                await at.trader().place(at.request())
            refused.append(caught.value)

        tasks.start_soon(place)
        raw = await pending_of(at, at.made.traders[0])
        await outbid(at, raw)
        await at.rpc.call("evm_mine")
    assert "KNOWN_ORDER" in str(refused[0])
    assert refused[0].exit_code == 5


async def pending_of(at: Market, sender: Address) -> dict[str, str]:
    """The transaction of that account that waits to be mined."""
    with anyio.fail_after(10):
        while True:
            pool = await at.rpc.call("txpool_content")
            for account, transactions in pool["pending"].items():
                if bytes.fromhex(account[2:]) == sender:
                    found: dict[str, str] = next(iter(transactions.values()))
                    return found
            await anyio.sleep(0.05)


async def outbid(at: Market, transaction: dict[str, str]) -> None:
    """The same call by a relayer who pays more, so that it comes first."""
    params = {
        "from": "0x" + dev_account(ORDER_RELAYER).address.hex(),
        "to": transaction["to"],
        "data": transaction["input"],
        "gas": hex(2_000_000),
        "maxFeePerGas": hex(10**11),
        "maxPriorityFeePerGas": hex(10**11),
    }
    await at.rpc.call("eth_sendTransaction", params)


async def test_place__not_mined_in_time__names_the_transaction() -> None:
    async with market(timeout_s=0.5) as at:
        await at.rpc.call("evm_setAutomine", False)
        with pytest.raises(TransactionUndecided) as caught:
            await at.trader().place(at.request())
        ((_, fields),) = at.told
        assert caught.value.context["tx_hash"] == fields["tx_hash"]
        assert caught.value.exit_code == 4


async def test_cancel_then_refund__of_ones_own_order__returns_the_input() -> None:
    async with market() as at:
        trader, token, owner = at.trader(), at.tokens.currency0, at.made.traders[0]
        before = await at.read(token, "balanceOf(address)", owner)
        placed = (await trader.place(at.request())).order_id
        event = await trader.cancel(placed, from_block=0)
        mined_at = (await at.client.view.head()).timestamp
        assert event.cancel_at == mined_at + CANCEL_DELAY_S
        with pytest.raises(CancelPending):
            await trader.cancel(placed, from_block=0)
        with pytest.raises(NotRefundableYet) as early:
            await trader.refund(placed, from_block=0)
        assert early.value.context["refundable_at"] == event.cancel_at
        await at.pass_time(CANCEL_DELAY_S)
        assert (await at.trader(1).refund(placed, from_block=0)).amount == 10**9
        assert await at.read(token, "balanceOf(address)", owner) == before
        with pytest.raises(OrderEnded):
            await trader.refund(placed, from_block=0)
        with pytest.raises(OrderEnded):
            await trader.cancel(placed, from_block=0)


async def test_refund__expired__counts_from_the_second_after_the_deadline() -> None:
    async with market() as at:
        placed = await at.trader().place(at.request(lifetime_s=100))
        deadline = placed.order.deadline
        await at.rpc.call("evm_setNextBlockTimestamp", deadline)
        await at.rpc.call("evm_mine")
        with pytest.raises(NotRefundableYet):
            await at.trader().refund(placed.order_id, from_block=0)
        await at.rpc.call("evm_setNextBlockTimestamp", deadline + 1)
        await at.rpc.call("evm_mine")
        assert (await at.trader().refund(placed.order_id, from_block=0)).amount == 10**9


async def test_cancel__not_ours_or_not_there__is_told_apart() -> None:
    async with market() as at:
        placed = await at.trader().place(at.request())
        with pytest.raises(NotOrderOwner):
            await at.trader(1).cancel(placed.order_id, from_block=0)
        with pytest.raises(OrderNotFound):
            await at.trader().cancel(OrderId(bytes(32)), from_block=0)
        with pytest.raises(OrderNotFound):
            await at.trader().cancel(placed.order_id, from_block=placed.mined.block_number + 1)


async def test_watch__through_cancel_to_refund__tells_every_stage() -> None:
    async with market() as at:
        trader, seen = at.trader(), list[Transition]()
        placed = (await trader.place(at.request())).order_id
        reached = {stage: anyio.Event() for stage in Stage}

        def told(transition: Transition) -> None:
            seen.append(transition)
            reached[transition.stage].set()

        async def follow() -> None:
            watch = at.client.watch(BlockTag.FINALIZED)
            await watch.follow(placed, from_block=0, told=told)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow)
            await reached[Stage.OPEN].wait()
            await trader.cancel(placed, from_block=0)
            await reached[Stage.CANCELLING].wait()
            await at.pass_time(CANCEL_DELAY_S)
            await trader.refund(placed, from_block=0)
            await reached[Stage.REFUNDED].wait()
            await at.rpc.call("anvil_mine", "0x5")
        assert [each.stage for each in seen] == [
            Stage.OPEN,
            Stage.CANCELLING,
            Stage.REFUNDED,
            Stage.REFUNDED,
        ]
        assert [(each.amount, each.done) for each in seen[2:]] == [(10**9, False), (10**9, True)]


async def test_watch__nothing_happens__times_out_with_the_stage() -> None:
    async with market(timeout_s=0.3) as at:
        with pytest.raises(WatchTimedOut) as caught:
            await at.client.watch(BlockTag.LATEST).follow(
                OrderId(bytes(32)), from_block=0, told=lambda _: None
            )
        assert caught.value.context["stage"] == "unknown"


async def test_terms__of_another_contract_or_chain__are_refused() -> None:
    async with market() as at:
        usual = TraderConfig(http_urls=(at.url,), manager=at.made.manager)
        wrong = [
            (replace(usual, manager=Address(b"\x99" * 20)), NoContractCode),
            (replace(usual, manager=at.made.hook), CallReverted),
            (replace(usual, chain_id=5), WrongChain),
        ]
        for config, expected in wrong:
            async with open_trader_client(config) as client:
                with pytest.raises(expected):
                    await client.view.terms()


async def test_order_id__computed_here__is_the_contracts() -> None:
    async with market() as at:
        placed = await at.trader().place(at.request())
        data = encode_call(f"orderIdOf({ORDER_ABI})", placed.order.as_abi())
        terms = await at.client.view.terms()
        assert await at.rpc.read(at.made.manager, data) == order_id(placed.order, terms.domain)
