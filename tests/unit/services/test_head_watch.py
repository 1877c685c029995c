import anyio

from zk_acts.runtime.wake_up import WakeUp
from zk_devnet.testing.scripted_zkverify import ScriptedZkVerify
from zk_operator.services.head_watch import HeadWatch


async def test_head_watch__a_head_comes__wakes_those_who_wait_for_finality() -> None:
    chain, submitter = ScriptedZkVerify(), WakeUp()
    watch = HeadWatch(source=chain, downstream=(submitter,))
    with anyio.fail_after(1):
        async with anyio.create_task_group() as group:
            group.start_soon(watch.wake)
            await anyio.wait_all_tasks_blocked()
            chain.mine()
        await watch.tick()
        await submitter.wait()
