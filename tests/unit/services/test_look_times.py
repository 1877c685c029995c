"""How long a proof of a network waits for the dispatcher's next look: less once the prover's times are known."""

from statistics import mean

from zk_devnet.testing.world import Rules, World
from zk_operator.domain.records import BatchState

POLL_MS = 2_000
TOOK_MS = (57_300, 58_100, 58_900, 59_700, 60_500)  # as many as have to be measured


async def one_batch(world: World, took_ms: int) -> tuple[int, int]:
    """Have a batch proved that takes so long: how long the proof waited (ms), and how many looks were made."""
    salt = len(world.prover.accepted) + 1
    world.place(world.order(salt))
    world.second(3)
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    began_ms, looks = world.clock.now_ms(), len(world.prover.asked)
    await world.tick(world.operator.dispatcher)
    reference = list(world.prover.accepted)[-1]
    ready_ms = began_ms + took_ms
    while (await world.batch()).state is BatchState.CLOSED:
        now = world.clock.now_ms()
        # As the supervisor waits: for the service's own wish, and never longer than the interval.
        next_ms = now + round(min(POLL_MS, world.operator.dispatcher.rest_s() * 1000))
        if now <= ready_ms < next_ms:
            world.prover.fulfil(reference)
        world.clock.advance(next_ms - now)
        await world.tick(world.operator.dispatcher)
    ended_ms = world.clock.now_ms()
    world.chain.mine(seconds=(ended_ms - began_ms) // 1000)
    return ended_ms - ready_ms, len(world.prover.asked) - looks


async def test_dispatcher__the_provers_times_are_known__a_proof_is_noticed_sooner_for_no_more_looks() -> (
    None
):
    world = World(Rules(valid_for_s=600, max_in_flight=100))
    world.prover.auto_fulfil = False
    was = [await one_batch(world, took_ms) for took_ms in TOOK_MS]
    world.clock.advance(60_000)  # the measured times are read again once a minute
    world.chain.mine(seconds=60)
    now = [await one_batch(world, took_ms) for took_ms in TOOK_MS]

    assert mean(delay for delay, _ in was) == 1_100
    assert mean(delay for delay, _ in now) < 400
    assert sum(looks for _, looks in now) <= sum(looks for _, looks in was)


async def test_dispatcher__before_another_prover_has_to_be_asked__looks_however_early_it_is() -> (
    None
):
    world = World(Rules(valid_for_s=600, max_in_flight=100))
    world.prover.auto_fulfil = False
    for took_ms in TOOK_MS:
        await one_batch(world, took_ms)
    world.clock.advance(60_000)
    world.chain.mine(seconds=60)
    world.place(world.order(99))
    world.second(3)
    await world.tick(world.operator.intake)
    await world.tick(world.operator.batcher)
    await world.tick(world.operator.dispatcher)
    await world.tick(world.operator.dispatcher)
    quiet = len(world.prover.asked)
    await world.tick(world.operator.dispatcher)
    assert len(world.prover.asked) == quiet  # nothing can be there yet
    assert 3.0 < world.operator.dispatcher.rest_s() <= 4.0
