"""SP1's own client, unchanged, through its whole flow against the dev server. Needs `make prover-clients`."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import anyio
import pytest

from zk_acts.domain.ids import Hash32
from zk_devnet.evm.accounts import dev_account
from zk_devnet.groth16_dev.encoding import gnark_vk_bytes
from zk_devnet.groth16_dev.key import RECURSION_ROOT
from zk_devnet.groth16_dev.trapdoor import dev_verifying_key
from zk_devnet.prover_network.config import ProverNetworkConfig, Timing
from zk_devnet.prover_network.faults import Fault
from zk_devnet.prover_network.server import ProverNetworkEndpoints, serve
from zk_devnet.prover_network.states import NetworkMode
from zk_operator.adapters.sp1.checker import Groth16Checker
from zk_operator.domain.batch_input import BatchInput
from zk_operator.domain.batch_rule import check_batch
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_operator.domain.section import Section
from zk_operator.ports.prover import ExpectedProof, Groth16Proof
from zk_operator.program import batch_program

pytestmark = [pytest.mark.devnet, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[3]
TARGET = ROOT / "operator" / "prover" / "target"
POOL = PoolId(b"\x22" * 32)
DOMAIN = SigningDomain(chain_id=31337, manager=Address(b"\x44" * 20))
UNTIL = 1_900_000_000
ACCOUNT = dev_account(0)
NEWEST = "6.10"
VERSIONS = [NEWEST, "6.4"]


def batch() -> BatchInput:
    order = Order(
        owner=Address(b"\x55" * 20),
        pool_id=POOL,
        zero_for_one=True,
        amount_in=1000,
        min_out=1,
        deadline=UNTIL + 1,
        salt=7,
    )
    section = Section(
        pool_id=POOL,
        price_x128=1 << 128,
        remainder_zero_for_one=True,
        remainder_in=1000,
        min_out=990,
        fee_bps=30,
        order_ids=(order_id(order, DOMAIN),),
    )
    return BatchInput(
        chain_id=DOMAIN.chain_id,
        manager=DOMAIN.manager,
        valid_until=UNTIL,
        sections=(section,),
        orders=(order,),
    )


def pythons_values(made: BatchInput) -> bytes:
    outcome = check_batch(
        made.sections,
        made.orders,
        chain_id=made.chain_id,
        manager=made.manager,
        valid_until=made.valid_until,
    )
    return outcome.public_values.encode()


@asynccontextmanager
async def network(mode: NetworkMode, **changes: Any) -> AsyncIterator[ProverNetworkEndpoints]:
    timing = Timing(execution_s=0.05, auction_s=0.1, proving_s=0.1)
    config = ProverNetworkConfig(mode=mode, timing=timing, **changes)

    async def run(*, task_status: Any) -> None:
        await serve(config, task_status=task_status)

    async with anyio.create_task_group() as tasks:
        yield await tasks.start(run)
        tasks.cancel_scope.cancel()


def client_of(version: str) -> Path:
    """The built client; asked for outside of any task group, which would wrap the skip in a group."""
    binary = TARGET / f"client-{version}" / "release" / "sp1-client"
    if not binary.exists():
        pytest.skip(f"the client of SDK {version} is not built: run `make prover-clients`")
    return binary


def host() -> Path:
    """The built prover host."""
    named = os.environ.get("ZKO_PROVER_HOST")
    binary = Path(named or TARGET / "release" / "zk-operator-prover")
    if not binary.exists():
        pytest.skip("the prover host is not built: run `make prover` (needs Rust)")
    return binary


async def run_client(
    binary: Path, url: str, mode: NetworkMode, folder: Path, *, count: int = 1
) -> list[dict[str, Any]]:
    """What the client printed about each of its proofs, once it ended well."""
    elf, stdin = folder / "batch.elf", folder / "batch.stdin"
    elf.write_bytes(batch_program().elf)
    stdin.write_bytes(batch().stdin())
    name = "mainnet" if mode is NetworkMode.MAINNET else "reserved"
    ended = await anyio.run_process(
        [str(binary), url, name, str(elf), str(stdin), str(count)],
        env={
            "NETWORK_PRIVATE_KEY": "0x" + ACCOUNT.private_key.hex(),
            "PATH": os.environ["PATH"],
            "TMPDIR": str(folder),
        },
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return [json.loads(line) for line in ended.stdout.splitlines()]


async def requests_at(endpoints: ProverNetworkEndpoints) -> list[dict[str, Any]]:
    """The server's requests, oldest first."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(endpoints.http_url + "/dev/status") as reply,
    ):
        found: list[dict[str, Any]] = (await reply.json())["requests"]
    return found


async def assert_sound(report: dict[str, Any]) -> None:
    """The decoded proof says what Python computes, and verifies under the devnet's key."""
    values = bytes.fromhex(report["public_values"])
    assert values == pythons_values(batch())
    assert report["sp1_version"] == "v6.1.0"
    proof = Groth16Proof(
        onchain=bytes.fromhex(report["onchain"]), public_values=values, sp1_version="v6.1.0"
    )
    expected = ExpectedProof(
        program_vkey=Hash32(batch_program().vkey),
        public_values=values,
        recursion_root=Hash32(RECURSION_ROOT),
    )
    checker = Groth16Checker(circuit_vk=gnark_vk_bytes(dev_verifying_key()), sp1_version="v6.1.0")
    assert await checker.check(proof, expected) >= 0
    # What the SDK's own setup of the shipped ELF gives.
    assert bytes.fromhex(report["vkey"][2:]) == batch_program().vkey


@pytest.mark.parametrize("mode", [NetworkMode.MAINNET, NetworkMode.RESERVED])
@pytest.mark.parametrize("version", VERSIONS)
async def test_sdk__registers_requests_twice_and_decodes__and_the_proofs_verify(
    version: str, mode: NetworkMode, tmp_path: Path
) -> None:
    binary = client_of(version)
    async with network(mode) as endpoints:
        reports = await run_client(binary, endpoints.grpc_url, mode, tmp_path, count=2)
        found = await requests_at(endpoints)
    assert [one["fulfillment"] for one in found] == ["fulfilled", "fulfilled"]
    assert len(reports) == 2
    for report in reports:
        await assert_sound(report)


@pytest.mark.parametrize("mode", [NetworkMode.MAINNET, NetworkMode.RESERVED])
async def test_sdk__where_sp1s_executor_runs_the_program__its_exact_limits_hold(
    mode: NetworkMode, tmp_path: Path
) -> None:
    binary = client_of(NEWEST)
    async with network(mode, prover_host=host()) as endpoints:
        [report] = await run_client(binary, endpoints.grpc_url, mode, tmp_path)
    await assert_sound(report)


@pytest.mark.parametrize("version", VERSIONS)
async def test_sdk__a_network_that_stumbles__is_asked_again_until_it_answers(
    version: str, tmp_path: Path
) -> None:
    binary = client_of(version)
    async with network(NetworkMode.MAINNET) as endpoints:
        # Taken by GetProgram, CreateProgram, RequestProof and the first poll.
        for fault in (Fault.DOWN, Fault.NONCE_ERROR, Fault.LOST_REQUEST, Fault.STATUS_ERROR):
            endpoints.faults.arm(fault)
        endpoints.faults.arm(Fault.SLOW_ARTIFACTS, count=2, delay_s=1.0)
        [report] = await run_client(binary, endpoints.grpc_url, NetworkMode.MAINNET, tmp_path)
        assert endpoints.faults.as_dict() == {}
    await assert_sound(report)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("fault", "ended"), [(Fault.UNFULFILLABLE, "unfulfillable"), (Fault.NO_BIDS, "unfulfillable")]
)
async def test_sdk__an_auction_that_fails__goes_on_to_the_provers_of_high_availability(
    version: str, fault: Fault, ended: str, tmp_path: Path
) -> None:
    binary = client_of(version)
    async with network(NetworkMode.MAINNET) as endpoints:
        endpoints.faults.arm(fault)
        [report] = await run_client(binary, endpoints.grpc_url, NetworkMode.MAINNET, tmp_path)
        first, second = await requests_at(endpoints)
    assert (first["fulfillment"], second["fulfillment"]) == (ended, "fulfilled")
    # The SDK itself cancels what nobody takes within its auction timeout (30 s).
    assert first["canceled"] is (fault is Fault.NO_BIDS)
    await assert_sound(report)


async def test_sdk__an_answer_that_is_lost__makes_it_pay_twice(tmp_path: Path) -> None:
    """Not a fault of the server: SP1's SDK signs anew under the next nonce (ours asks first)."""
    binary = client_of(NEWEST)
    async with network(NetworkMode.MAINNET) as endpoints:
        endpoints.faults.arm(Fault.LOST_ANSWER)
        [report] = await run_client(binary, endpoints.grpc_url, NetworkMode.MAINNET, tmp_path)
        assert len(await requests_at(endpoints)) == 2
    await assert_sound(report)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault.UNEXECUTABLE, "is unexecutable"),
        (Fault.REVERTED, "failed during settlement"),
        (Fault.NO_PROOF_URI, "No proof URI provided"),
        (Fault.TRUNCATED_PROOF, "Failed to deserialize proof"),
        (Fault.UPLOAD_REFUSED, "Failed to upload artifact: HTTP 500"),
        (Fault.DOWNLOAD_REFUSED, "Failed to download artifact: HTTP 500"),
    ],
)
async def test_sdk__what_it_cannot_mend__ends_it_in_its_own_words(
    fault: Fault, says: str, tmp_path: Path
) -> None:
    binary = client_of(NEWEST)
    async with network(NetworkMode.MAINNET) as endpoints:
        endpoints.faults.arm(fault)
        with pytest.raises(AssertionError, match=says):
            await run_client(binary, endpoints.grpc_url, NetworkMode.MAINNET, tmp_path)
