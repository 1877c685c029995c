"""The EVM adapters against our contracts on anvil: an order's whole life, and what reverts say."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import anyio
import pytest
from eth_abi.abi import decode

from zk_acts.domain.acts import Purpose
from zk_acts.domain.details import Aggregation
from zk_acts.domain.ids import Hash32, Statement
from zk_acts.ports.act import Included
from zk_devnet.errors import ToolchainMissing
from zk_devnet.evm import anvil
from zk_devnet.evm.accounts import (
    FIRST_TRADER,
    OPERATOR,
    ORDER_RELAYER,
    RELAYER,
    dev_account,
)
from zk_devnet.evm.codec import encode_call
from zk_devnet.evm.deploy import DeployConfig, deploy
from zk_devnet.evm.deployment import Deployment, Pool
from zk_devnet.evm.rpc import EvmRpc
from zk_devnet.evm.transactions import TransactionPlan, nonces_of, send_all
from zk_devnet.testing.act_rows import act_row
from zk_devnet.toolchain import Toolchain, find_toolchain
from zk_operator.adapters.evm.client import EvmClient, EvmConfig, open_evm
from zk_operator.adapters.evm.contract_view import view
from zk_operator.adapters.evm.fees import FeePolicy
from zk_operator.adapters.evm.settlement_reader import SettlementContracts
from zk_operator.adapters.signing.evm import EvmSigner
from zk_operator.domain.batch_rule import check_section, remainder_of, weigh
from zk_operator.domain.chain_event import (
    BatchSettled,
    BlockTag,
    CancelRequested,
    ChainEvent,
    OrderPlaced,
    OrderRefunded,
    OrderRefused,
    OrderSettled,
    TermsChanged,
)
from zk_operator.domain.failures import CallReverted, ContractMismatch, NoContractCode
from zk_operator.domain.ids import Address, OrderId, PoolId
from zk_operator.domain.order import ORDER_ABI, Order, order_id
from zk_operator.domain.public_values import PublicValues, public_values_of
from zk_operator.domain.section import Section
from zk_operator.ports.chain import Call, ContractView
from zkverify_client.domain.merkle import merkle_path, merkle_root
from zkverify_client.domain.receipt import AggregationReceipt

pytestmark = pytest.mark.devnet
TOLERANCE_BPS = 100
_OFF = False
AGGREGATION, PROOF_NONCE = 7, 12345
OTHER_LEAVES = [Statement(b"\x01" * 32), Statement(b"\x02" * 32)]


def toolchain() -> Toolchain:
    try:
        found = find_toolchain()
        found.artifact("OrderServiceManager")
    except ToolchainMissing as missing:
        pytest.skip(str(missing))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A deployment, its node, and the operator's client."""

    rpc: EvmRpc
    made: Deployment
    client: EvmClient
    signer: EvmSigner

    @property
    def pool(self) -> Pool:
        """The pool of two tokens."""
        return self.made.pools[0]

    async def send(self, sender: int, to: bytes, signature: str, *arguments: object) -> None:
        address = dev_account(sender).address
        plan = TransactionPlan(await nonces_of(self.rpc, [address]))
        plan.call(address, signature, to, encode_call(signature, *arguments))
        await send_all(self.rpc, plan.transactions)

    async def act(self, call: Call) -> Included[Any]:
        """One transaction of the operator, to its inclusion."""
        channel = self.client.channel
        prepared = await channel.prepare(call, await channel.next_nonce())
        intent = act_row(channel, prepared, Purpose.SETTLE)
        await channel.send(intent)
        await self.rpc.call("evm_mine")
        outcome = await channel.outcome(intent)
        assert isinstance(outcome, Included), outcome
        assert 0 < outcome.paid <= prepared.quoted
        return outcome

    async def events(self) -> Sequence[ChainEvent]:
        head = await self.client.source.head(BlockTag.LATEST)
        return (await self.client.source.read(self.made.deploy_block, head.number)).events

    async def contract(self) -> ContractView:
        return self.client.reader.at(await self.client.source.head(BlockTag.LATEST))

    async def now_s(self) -> int:
        return (await self.client.source.head(BlockTag.LATEST)).timestamp


@asynccontextmanager
async def stage(**changes: Any) -> AsyncIterator[Stage]:
    tools = toolchain()
    signer = EvmSigner(dev_account(OPERATOR).private_key)

    async def run(*, task_status: Any) -> None:
        await anvil.serve(anvil.AnvilConfig(block_time_s=None), tools, task_status=task_status)

    async with anyio.create_task_group() as tasks:
        endpoints = await tasks.start(run)
        async with EvmRpc(endpoints.http_url) as rpc:
            # Mined only when told: what is sent together is mined together, in order.
            await rpc.call("evm_setAutomine", _OFF)
            made = await deploy(rpc, tools, DeployConfig(traders=2, cancel_delay_s=60))
            config = EvmConfig(
                http_urls=(endpoints.http_url,),
                ws_url=None,
                chain_id=made.chain_id,
                contracts=SettlementContracts(manager=made.manager, quoter=made.quoter),
                fees=FeePolicy(max_fee_wei=10**12, max_gas=30_000_000),
            )
            async with open_evm(replace(config, **changes), signer) as client:
                yield Stage(rpc=rpc, made=made, client=client, signer=signer)
        tasks.cancel_scope.cancel()


def order_of(at: Stage, trader: int, amount_in: int, deadline: int, *, sells0: bool) -> Order:
    return Order(
        owner=at.made.traders[trader],
        pool_id=at.pool.pool_id,
        zero_for_one=sells0,
        amount_in=amount_in,
        min_out=1,
        deadline=deadline,
        salt=trader + 1,
    )


async def place(at: Stage, orders: Sequence[Order], *, spoil_last: bool = False) -> None:
    domain = (await (await at.contract()).terms()).signing_domain
    keys = [EvmSigner(dev_account(FIRST_TRADER + n).private_key) for n in range(2)]
    by_owner = {key.address: key for key in keys}
    signatures = [by_owner[order.owner].sign_digest(order_id(order, domain)) for order in orders]
    if spoil_last:
        signatures[-1] = bytes(65)
    await at.send(
        ORDER_RELAYER,
        at.made.manager,
        f"postOrders({ORDER_ABI}[],bytes[])",
        [order.as_abi() for order in orders],
        signatures,
    )


async def two_orders(at: Stage) -> list[Order]:
    """Opposite orders in the pool, the seller of currency0 with more value."""
    deadline = await at.now_s() + 3600
    price = await (await at.contract()).pool_price(at.pool.pool_id)
    terms = await (await at.contract()).pool(at.pool.pool_id)
    assert terms is not None
    amount0 = max(10 * terms.min_size0, (10 * terms.min_size1 << 128) // price)
    amount1 = (amount0 * price >> 128) // 2
    return [
        order_of(at, 0, amount0, deadline, sells0=True),
        order_of(at, 1, amount1, deadline, sells0=False),
    ]


async def matched(at: Stage, orders: Sequence[Order]) -> tuple[Section, list[Order]]:
    """The section that settles these orders at the pool's price, and the orders by ascending id."""
    domain = (await (await at.contract()).terms()).signing_domain
    ascending = sorted(orders, key=lambda order: order_id(order, domain))
    price = await (await at.contract()).pool_price(at.pool.pool_id)
    sides = weigh(ascending, price)
    remainder = remainder_of(ascending, sides, price)
    output = await (await at.contract()).quote_remainder(
        at.pool.pool_id,
        price_x128=price,
        zero_for_one=sides.heavy_is_zero,
        amount_in=remainder,
    )
    section = Section(
        pool_id=at.pool.pool_id,
        price_x128=price,
        remainder_zero_for_one=sides.heavy_is_zero,
        remainder_in=remainder,
        min_out=output * (10_000 - TOLERANCE_BPS) // 10_000,
        fee_bps=at.made.fee_bps,
        order_ids=tuple(OrderId(order_id(order, domain)) for order in ascending),
    )
    return section, ascending


async def proven(at: Stage, values: PublicValues) -> AggregationReceipt:
    """Post an aggregation in which the batch's statement is the second leaf of three."""
    pool = at.client.pool
    (statement,) = await pool.consistently(
        lambda rpc: view(
            rpc,
            "ReceiptVerifier",
            at.made.receipt_verifier,
            "statementOf",
            values.encode(),
            0,
            PROOF_NONCE,
        )
    )
    leaves = [OTHER_LEAVES[0], Statement(statement), OTHER_LEAVES[1]]
    root = merkle_root(leaves)
    await at.send(
        RELAYER,
        at.made.zkverify,
        "submitAggregation(uint256,uint256,bytes32)",
        at.made.domain_id,
        AGGREGATION,
        root,
    )
    return AggregationReceipt(
        aggregation=Aggregation(
            statement=Statement(statement),
            domain_id=at.made.domain_id,
            aggregation_id=AGGREGATION,
            block_number=1,
            block_hash=Hash32(bytes(32)),
        ),
        root=root,
        path=merkle_path(leaves, 1),
        leaf_count=len(leaves),
        index=1,
    )


async def response(at: Stage, orders: Sequence[Order], *, certificate: bytes | None = None) -> Call:
    section, ascending = await matched(at, orders)
    domain = (await (await at.contract()).terms()).signing_domain
    values = public_values_of(
        [section],
        chain_id=domain.chain_id,
        manager=domain.manager,
        valid_until=await at.now_s() + 1800,
    )
    signed = at.signer.certificate(values.encode(), domain)
    return at.client.calls.respond(
        public_values=values.encode(),
        sections=[section],
        orders=ascending,
        receipt=await proven(at, values),
        proof_nonce=PROOF_NONCE,
        certificate=signed if certificate is None else certificate,
    )


async def test_terms__fresh_deployment__are_what_was_deployed() -> None:
    async with stage() as at:
        terms = await (await at.contract()).terms()
        assert terms.signing_domain.manager == at.made.manager
        assert (terms.hook, terms.zkverify) == (at.made.hook, at.made.zkverify)
        assert terms.zk_domain_id == at.made.domain_id
        assert terms.groth16_program_vkey == at.made.program_vkey
        assert terms.groth16_vk_hash == at.made.groth16_vk_hash
        assert terms.groth16_recursion_root == at.made.recursion_root
        assert (terms.fee_bps, terms.cancel_delay_s) == (at.made.fee_bps, at.made.cancel_delay_s)
        assert terms.allowed_signer
        assert not terms.paused
        for deployed in at.made.pools:
            pool = await (await at.contract()).pool(deployed.pool_id)
            assert pool is not None
            assert (pool.currency0, pool.currency1) == (deployed.currency0, deployed.currency1)
            assert pool.min_size0 > 0
        assert await (await at.contract()).pool(PoolId(bytes(32))) is None


async def test_settle__two_opposite_orders__pays_both_as_the_rule_says() -> None:
    async with stage() as at:
        orders = await two_orders(at)
        await place(at, orders)
        domain = (await (await at.contract()).terms()).signing_domain
        ids = [OrderId(order_id(order, domain)) for order in orders]
        assert [s.status for s in await (await at.contract()).order_states(ids)] == [1, 1]
        section, ascending = await matched(at, orders)
        output = await (await at.contract()).quote_remainder(
            section.pool_id,
            price_x128=section.price_x128,
            zero_for_one=section.remainder_zero_for_one,
            amount_in=section.remainder_in,
        )
        await at.act(await response(at, orders))
        assert [s.status for s in await (await at.contract()).order_states(ids)] == [2, 2]
        root = await (await at.contract()).aggregation_root(at.made.domain_id, AGGREGATION)
        assert root is not None
        assert (
            await (await at.contract()).aggregation_root(at.made.domain_id, AGGREGATION + 1) is None
        )
        events = await at.events()
    placed = [event.order for event in events if isinstance(event, OrderPlaced)]
    assert placed == orders
    expected = check_section(section, ascending, swap_output=output).payouts
    paid = {event.order_id: event.payout for event in events if isinstance(event, OrderSettled)}
    assert paid == {payout.order_id: payout.net for payout in expected}
    (batch,) = [event for event in events if isinstance(event, BatchSettled)]
    assert (batch.sections, batch.orders) == (1, 2)


async def test_respond__certificate_of_nobody__reverts_by_name() -> None:
    async with stage() as at:
        orders = await two_orders(at)
        await place(at, orders)
        stranger = EvmSigner(b"\x09" * 32)
        domain = (await (await at.contract()).terms()).signing_domain
        call = await response(at, orders, certificate=stranger.certificate(bytes(192), domain))
        with pytest.raises(CallReverted, match=r"CertificateNotVerified\(\)"):
            await at.client.channel.prepare(call, 0)


async def test_place__one_bad_signature__is_refused_beside_a_good_order() -> None:
    async with stage() as at:
        orders = await two_orders(at)
        deployed = await at.events()
        await place(at, orders, spoil_last=True)
        events = (await at.events())[len(deployed) :]
    assert {type(event) for event in deployed} == {TermsChanged}  # pools and configuration
    assert [type(event) for event in events] == [OrderPlaced, OrderRefused]
    assert isinstance(events[1], OrderRefused)
    assert events[1].code == 1


async def test_refund__before_and_after_the_deadline__reverts_then_pays() -> None:
    async with stage() as at:
        orders = await two_orders(at)
        await place(at, orders)
        call = at.client.calls.refund(orders)
        with pytest.raises(CallReverted, match="NothingRefundable"):
            await at.client.channel.prepare(call, 0)
        await at.rpc.call("evm_increaseTime", 3601)
        await at.rpc.call("evm_mine")
        await at.act(call)
        events = await at.events()
    refunds = [event for event in events if isinstance(event, OrderRefunded)]
    assert [event.amount for event in refunds] == [order.amount_in for order in orders]


async def test_cancel__requested__is_seen_with_its_time() -> None:
    async with stage() as at:
        orders = await two_orders(at)
        await place(at, orders)
        await at.send(
            FIRST_TRADER, at.made.manager, f"requestCancel({ORDER_ABI})", orders[0].as_abi()
        )
        asked_at = await at.now_s()
        (cancel,) = [event for event in await at.events() if isinstance(event, CancelRequested)]
        (state,) = await (await at.contract()).order_states([cancel.order_id])
    assert cancel.cancel_at == state.cancel_at_s
    assert cancel.cancel_at <= asked_at + 60


async def test_quote__more_than_the_pool_holds_or_unknown__is_zero() -> None:
    async with stage() as at:
        reader, pool = await at.contract(), at.pool.pool_id
        price = await reader.pool_price(pool)

        async def quote(pool_id: PoolId, amount_in: int) -> int:
            return await reader.quote_remainder(
                pool_id, price_x128=price, zero_for_one=True, amount_in=amount_in
            )

        assert await quote(pool, 10**6) > 0
        assert await quote(pool, 2**126) == 0
        unknown = PoolId(bytes(32))
        assert await quote(unknown, 1) == 0
        with pytest.raises(CallReverted, match="UnknownPool"):
            await reader.pool_price(unknown)


async def test_terms__address_without_code_or_of_another_contract__is_fatal() -> None:
    nowhere = Address(b"\x77" * 20)
    async with stage() as at:
        quoter = at.made.quoter
        for manager in (nowhere, at.made.hook):
            config = SettlementContracts(manager=manager, quoter=quoter)
            reader = type(at.client.reader)(
                pool=at.client.pool, contracts=config, signer=at.signer.address
            )
            with pytest.raises((NoContractCode, ContractMismatch, CallReverted)):
                await reader.at(await at.client.source.head(BlockTag.LATEST)).terms()


async def test_certificate__encoding__is_what_the_verifier_decodes() -> None:
    async with stage() as at:
        domain = (await (await at.contract()).terms()).signing_domain
        values = bytes(192)
        certificate = at.signer.certificate(values, domain)
        signers, _ = decode(["address[]", "bytes[]"], certificate)
        assert signers == ("0x" + at.made.operator.hex(),)
