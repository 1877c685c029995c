"""Bulk submission: calls as the metadata composes them, and what the pool says of each extrinsic."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from zk_acts.domain.ids import Hash32
from zk_acts.ports.act import Answer
from zk_devnet.groth16_dev.prove import PublicInputs, onchain_bytes, prove
from zkverify_client.adapters.calls import submit_proof_call
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.proof_calls import ProofCalls
from zkverify_client.adapters.rpc import RpcError
from zkverify_client.adapters.runtime import Runtime
from zkverify_client.adapters.submission import MOST_AT_ONCE, submit_many
from zkverify_client.domain.groth16 import Groth16Proof
from zkverify_client.domain.sp1_proof import decode_sp1_proof

VK_HASH = Hash32(bytes(range(32)))


class ScriptedBatches:
    """Answers each call by its position over all batches; None says yes."""

    def __init__(self, *errors: tuple[int, str] | None) -> None:
        self.errors = list(errors)
        self.sizes: list[int] = []

    async def request(self, method: str, params: Sequence[Any] = ()) -> Any:
        [answer] = await self.batch(method, [params])
        if "error" in answer:
            raise RpcError(**answer["error"], data="")
        return answer["result"]

    async def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        assert method == "author_submitExtrinsic"
        self.sizes.append(len(params))
        return [self._answer() for _ in params]

    def _answer(self) -> dict[str, Any]:
        error = self.errors.pop(0) if self.errors else None
        if error is None:
            return {"result": "0x" + "00" * 32}
        return {"error": {"code": error[0], "message": error[1]}}


def _proof(seed: int) -> Groth16Proof:
    inputs = PublicInputs(
        program_vkey=seed, values_digest=2, exit_code=0, recursion_root=3, nonce=4
    )
    made = prove(inputs, random.Random(seed).randrange)
    return decode_sp1_proof(onchain_bytes(made, inputs)).proof


@pytest.mark.parametrize("domain_id", [None, 0, 2**32 - 1])
@pytest.mark.parametrize("count", [0, 1, 5, 64])
def test_calls__any_shape__equal_the_metadatas(
    runtime: Runtime, count: int, domain_id: int | None
) -> None:
    calls = ProofCalls(runtime, vk_hash=VK_HASH, domain_id=domain_id)
    inputs = tuple(bytes([number]) * 32 for number in range(count))
    for seed in range(3):
        expected = submit_proof_call(
            runtime,
            vk_hash=VK_HASH,
            proof=_proof(seed),
            public_inputs=inputs,
            domain_id=domain_id,
        )
        assert calls.call(_proof(seed), inputs) == expected


async def test_submit_many__mixed_answers__says_what_became_of_each() -> None:
    rpc = ScriptedBatches(
        None, (1010, "Invalid Transaction"), (1013, "Already Imported"), (1014, "Priority too low")
    )
    verdicts = await submit_many(rpc, [bytes([number]) for number in range(4)])
    assert [verdict.taken for verdict in verdicts] == [True, False, True, False]
    assert verdicts[2] == Answer(taken=True)
    assert {verdicts[1].code, verdicts[3].code}.isdisjoint({None})


async def test_submit_many__more_than_fit__go_in_several_messages() -> None:
    rpc = ScriptedBatches()
    verdicts = await submit_many(rpc, [b"x"] * (2 * MOST_AT_ONCE + 1))
    assert rpc.sizes == [MOST_AT_ONCE, MOST_AT_ONCE, 1]
    assert len(verdicts) == 2 * MOST_AT_ONCE + 1


async def test_submit_many__answers_missing__is_malformed() -> None:
    class Short(ScriptedBatches):
        async def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
            return (await super().batch(method, params))[1:]

    with pytest.raises(MalformedChainAnswer):
        await submit_many(Short(), [b"x", b"y"])


async def test_submit_many__answer_that_proves_nothing__is_not_known() -> None:
    rpc = ScriptedBatches((1012, "Transaction is temporarily banned"), (-32603, "Internal error"))
    answers = await submit_many(rpc, [b"x", b"y"])
    assert [answer.taken for answer in answers] == [None, None]


async def test_submit_many__gateway_takes_no_batches__each_goes_alone() -> None:
    class Single(ScriptedBatches):
        async def batch(self, method: str, params: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
            if len(params) > 1:
                raise RpcError(code=-32005, message="Batched requests are not supported", data="")
            return await super().batch(method, params)

    rpc = Single(None, (1010, "Invalid Transaction"))
    answers = await submit_many(rpc, [b"x", b"y", b"z"])
    assert [answer.taken for answer in answers] == [True, False, True]
    assert rpc.sizes == [1, 1, 1]
