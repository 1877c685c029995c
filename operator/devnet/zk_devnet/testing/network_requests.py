"""Requests on a network backend, as the daemon makes them, for tests of what follows."""

from collections.abc import Callable
from dataclasses import replace

from zk_acts.domain.acts import Intent, Purpose
from zk_acts.domain.ids import Hash32
from zk_operator.adapters.sp1.network import NetworkBackend
from zk_operator.ports.prover import ProveRequest, RegisterProgram

Row = Callable[..., Intent]


async def registered(backend: NetworkBackend, row: Row, vkey: Hash32) -> None:
    """The program is known. `row`: makes the row of a prepared act and a purpose."""
    prepared = await backend.prepare(RegisterProgram(program_vkey=vkey), await backend.next_nonce())
    await backend.send(row(prepared, Purpose.REGISTER_PROGRAM))


async def requested(backend: NetworkBackend, row: Row, work: ProveRequest) -> Intent:
    """A request that was sent and accepted; its program is registered first where it has to be."""
    if not await backend.program_registered():
        await registered(backend, row, work.program_vkey)
    intent = row(await backend.prepare(work, await backend.next_nonce()))
    return replace(intent, known_as=await backend.send(intent))
