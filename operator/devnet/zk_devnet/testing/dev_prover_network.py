"""A prover-network dev server with a client of it, and its proofs read without the adapter's code."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import anyio
import grpc

from zk_devnet.evm.accounts import dev_account
from zk_devnet.groth16_dev.check import verifies
from zk_devnet.groth16_dev.prove import PublicInputs
from zk_devnet.prover_network.client import PlainClient
from zk_devnet.prover_network.config import ProverNetworkConfig, Timing
from zk_devnet.prover_network.program import (
    ProgramExecutor,
)
from zk_devnet.prover_network.server import ProverNetworkEndpoints, serve
from zk_operator.domain.batch_input import BatchInput
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_operator.domain.section import Section

QUICK = Timing(execution_s=0.02, auction_s=0.05, proving_s=0.02)
MANAGER = Address(b"\x44" * 20)
POOL = PoolId(b"\x22" * 32)


@contextlib.asynccontextmanager
async def network(
    executor: ProgramExecutor | None = None, **changes: Any
) -> AsyncIterator[PlainClient]:
    """A running server and a client of it."""
    config = ProverNetworkConfig(**({"timing": QUICK} | changes))
    async with anyio.create_task_group() as tasks:
        endpoints: ProverNetworkEndpoints = await tasks.start(_serve_of(config, executor))
        target = endpoints.grpc_url.removeprefix("http://")
        async with grpc.aio.insecure_channel(target) as channel:
            yield PlainClient(
                channel=channel,
                http_url=endpoints.http_url,
                private_key=dev_account(0).private_key,
                mode=config.mode,
            )
        tasks.cancel_scope.cancel()


def _serve_of(config: ProverNetworkConfig, executor: ProgramExecutor | None) -> Any:
    async def run(*, task_status: Any) -> None:
        await serve(config, executor=executor, task_status=task_status)

    return run


def batch(*, min_out: int = 2441) -> BatchInput:
    """The worked example of the batch rule: A and B sell token0, C sells token1."""
    terms = ((True, 1000, min_out), (True, 501, 1223), (False, 777, 309))
    domain = SigningDomain(chain_id=31337, manager=MANAGER)
    orders = sorted(
        (
            Order(
                owner=Address(b"\x55" * 20),
                pool_id=POOL,
                zero_for_one=zero_for_one,
                amount_in=amount_in,
                min_out=least,
                deadline=2_000_000_000,
                salt=7,
            )
            for zero_for_one, amount_in, least in terms
        ),
        key=lambda order: order_id(order, domain),
    )
    section = Section(
        pool_id=POOL,
        price_x128=5 << 127,
        remainder_zero_for_one=True,
        remainder_in=1191,
        min_out=2900,
        fee_bps=30,
        order_ids=tuple(order_id(order, domain) for order in orders),
    )
    return BatchInput(
        chain_id=31337,
        manager=MANAGER,
        valid_until=1_900_000_000,
        sections=(section,),
        orders=tuple(orders),
    )


class Blob:
    """A Groth16 ProofFromNetwork, read field by field."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self.tag = int.from_bytes(self._take(4), "little")
        self.inputs = [int(self._text()) for _ in range(5)]
        self.encoded = bytes.fromhex(self._text())
        self.raw = bytes.fromhex(self._text())
        self.vkey_hash = self._take(32)
        self.public_values = self._counted()
        self.version = self._text()
        self.rest = data[self._at :]

    def _take(self, size: int) -> bytes:
        self._at += size
        assert self._at <= len(self._data), "the blob ends early"
        return self._data[self._at - size : self._at]

    def _counted(self) -> bytes:
        return self._take(int.from_bytes(self._take(8), "little"))

    def _text(self) -> str:
        return self._counted().decode()

    def verifies(self) -> bool:
        """Whether the proof holds under the devnet's key for the inputs that it names."""
        vkey, digest, exit_code, root, nonce = self.inputs
        inputs = PublicInputs(
            program_vkey=vkey,
            values_digest=digest,
            exit_code=exit_code,
            recursion_root=root,
            nonce=nonce,
        )
        return verifies(self.encoded[96:], inputs)
