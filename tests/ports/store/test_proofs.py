"""ProofStore."""

from zk_devnet.testing.memory_store import MemoryStore
from zk_devnet.testing.store_builders import a_hash, a_proof
from zk_operator.adapters.storage import SqliteStore

Store = SqliteStore | MemoryStore


async def test_find__stored__comes_back_whole(store: Store) -> None:
    proof = a_proof()
    await store.proofs.put(proof)
    assert await store.proofs.find(proof.program_vkey, proof.public_values) == proof


async def test_find__another_program_or_other_values__is_none(store: Store) -> None:
    proof = a_proof()
    await store.proofs.put(proof)
    assert await store.proofs.find(a_hash("other"), proof.public_values) is None
    assert await store.proofs.find(proof.program_vkey, b"other") is None


async def test_put__a_second_proof_of_the_same__the_first_stays(store: Store) -> None:
    proof = a_proof()
    await store.proofs.put(proof)
    await store.proofs.put(a_proof(proof=b"second", nonce=1))
    assert await store.proofs.find(proof.program_vkey, proof.public_values) == proof
