"""Extrinsics that were signed under rules that do not hold any more: telling them, and carrying their call over."""

from zk_acts.domain.acts import Intent
from zkverify_client.adapters.chain import BlockHead, Chain
from zkverify_client.adapters.errors import RuntimeUnsupported
from zkverify_client.adapters.extrinsic import call_of, is_signed_for


async def is_valid_now(chain: Chain, intent: Intent, finalized: BlockHead) -> bool:
    """Whether the stored signature is good under the best block's runtime: an upgrade makes it worthless.

    Where the endpoint does not know the birth block, it counts as good: only a pool can tell then.
    """
    genesis = await chain.canonical_hash(0, finalized)
    birth = await chain.canonical_hash(intent.born_block, finalized)
    if genesis is None or birth is None:
        return True
    runtime = await chain.runtime()
    return is_signed_for(runtime, intent.payload, genesis_hash=genesis, birth_hash=birth)


async def carried_call(chain: Chain, intent: Intent) -> bytes:
    """The stored extrinsic's call for the best block's runtime, encoded anew where it was signed for another one.

    RuntimeUnsupported where the new runtime lacks the call or wants other arguments.
    """
    now, finalized = await chain.runtime(), await chain.finalized()
    birth = await chain.canonical_hash(intent.born_block, finalized)
    if birth is None or await is_valid_now(chain, intent, finalized):
        return call_of(now, intent.payload)
    before = await chain.runtime(birth)
    call = call_of(before, intent.payload)
    pallet, name, arguments = before.decode_call(call)
    if before.encode_call(pallet, name, arguments) != call:
        raise RuntimeUnsupported("a stored call cannot be carried over", pallet=pallet, name=name)
    if set(now.call_arguments(pallet, name)) != set(arguments):
        raise RuntimeUnsupported("the runtime changed a call", pallet=pallet, name=name)
    return now.encode_call(pallet, name, arguments)
