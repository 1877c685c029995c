"""The shipped program without the prover host: its names, and that it runs the rule and nothing else."""

import dataclasses
import json
from hashlib import sha256
from importlib.resources import files

import pytest

from zk_devnet.prover_network.errors import ExecutionFailed, ProgramUnknown
from zk_devnet.prover_network.program import (
    ExecutionResult,
    NativeBatchProgram,
    ProgramKey,
    batch_key,
)
from zk_devnet.prover_network.states import FailureCause
from zk_operator import program
from zk_operator.domain.batch_input import BatchInput, sp1_stdin
from zk_operator.domain.ids import Address, PoolId
from zk_operator.domain.order import Order, SigningDomain, order_id
from zk_operator.domain.public_values import PublicValues
from zk_operator.domain.section import Section
from zk_operator.program import batch_program

MANAGER = Address(b"\x44" * 20)
POOL = PoolId(b"\x22" * 32)


def batch() -> BatchInput:
    order = Order(
        owner=Address(b"\x55" * 20),
        pool_id=POOL,
        zero_for_one=True,
        amount_in=1000,
        min_out=1,
        deadline=2_000_000_000,
        salt=7,
    )
    section = Section(
        pool_id=POOL,
        price_x128=1 << 128,
        remainder_zero_for_one=True,
        remainder_in=1000,
        min_out=990,
        fee_bps=30,
        order_ids=(order_id(order, SigningDomain(chain_id=31337, manager=MANAGER)),),
    )
    return BatchInput(
        chain_id=31337,
        manager=MANAGER,
        valid_until=1_900_000_000,
        sections=(section,),
        orders=(order,),
    )


def test_key__known_words__has_both_published_forms() -> None:
    hash_bytes = bytes.fromhex("45946758049372c74bceb6ba6526a9661b1915a3403125e470d5ff7f6c15c0dd")
    words = tuple(int.from_bytes(hash_bytes[at : at + 4], "big") for at in range(0, 32, 4))
    key = ProgramKey(words=words)
    assert key.hash_bytes == hash_bytes
    assert key.bytes32.hex() == "008b28ceb0124dcb1e5e75b5d6526a96636322b4700c4979386affbfec15c0dd"


def test_key__from_bytes32__is_the_key_again() -> None:
    assert ProgramKey.from_bytes32(batch_key().bytes32) == batch_key()
    assert batch_key().bytes32 == batch_program().vkey


def test_shipped_program__facts__are_those_of_the_elf() -> None:
    facts = json.loads((files(program) / "batch.json").read_text())
    assert facts["sha256"] == sha256(batch_program().elf).hexdigest()
    assert (len(batch_program().vk), batch_program().vkey[0]) == (104, 0)
    assert batch_program().elf.startswith(b"\x7fELF\x02\x01")


def test_execute__a_batch_that_keeps_the_rule__commits_its_public_values() -> None:
    result = NativeBatchProgram().execute(batch_program().elf, batch().stdin())
    values = PublicValues.decode(result.public_values)
    assert (values.chain_id, values.manager, values.valid_until) == (31337, MANAGER, 1_900_000_000)
    assert (result.exit_code, result.cycles, result.gas) == (0, 30_100, 45_500)
    assert result.is_estimate


@pytest.mark.parametrize(
    "stdin",
    [
        b"",
        sp1_stdin([]),
        sp1_stdin([b"junk"]),
        sp1_stdin([batch().encode(), b""]),
        dataclasses.replace(batch(), valid_until=2_000_000_001).stdin(),
        dataclasses.replace(batch(), orders=()).stdin(),
        dataclasses.replace(batch(), chain_id=1).stdin(),
    ],
    ids=["empty", "no buffer", "junk", "two buffers", "too late", "no orders", "other chain"],
)
def test_execute__anything_else__halts_with_a_code(stdin: bytes) -> None:
    with pytest.raises(ExecutionFailed) as caught:
        NativeBatchProgram().execute(batch_program().elf, stdin)
    assert caught.value.cause is FailureCause.HALT_WITH_NON_ZERO_EXIT_CODE


def test_program__another_elf__is_unknown() -> None:
    with pytest.raises(ProgramUnknown):
        NativeBatchProgram().execute(batch_program().elf + b"\x00", batch().stdin())
    with pytest.raises(ProgramUnknown):
        NativeBatchProgram().key(b"")


def result(*, is_estimate: bool) -> ExecutionResult:
    return ExecutionResult(
        public_values=b"", exit_code=0, cycles=800, gas=1600, is_estimate=is_estimate
    )


def test_within__an_estimate_a_little_above_an_exact_limit__is_taken_to_be_at_the_limit() -> None:
    held = result(is_estimate=True).within(cycle_limit=712, gas_limit=1500)
    assert (held.cycles, held.gas) == (712, 1500)
    assert result(is_estimate=True).within(cycle_limit=900, gas_limit=1700).cycles == 800


@pytest.mark.parametrize(
    ("is_estimate", "cycles", "gas", "cause"),
    [
        (True, 711, 9_999, FailureCause.EXCEEDED_CYCLE_LIMIT),
        (True, 9_999, 1_422, FailureCause.EXCEEDED_GAS_LIMIT),
        (False, 799, 9_999, FailureCause.EXCEEDED_CYCLE_LIMIT),
        (False, 9_999, 1_599, FailureCause.EXCEEDED_GAS_LIMIT),
    ],
)
def test_within__above_the_limit__names_the_limit(
    is_estimate: bool, cycles: int, gas: int, cause: FailureCause
) -> None:
    with pytest.raises(ExecutionFailed) as caught:
        result(is_estimate=is_estimate).within(cycle_limit=cycles, gas_limit=gas)
    assert caught.value.cause is cause
