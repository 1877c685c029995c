"""Trees, statements and key hashes: the vectors of the real runtime."""

import pytest

from zk_devnet.zkverify.merkle import merkle_proof, merkle_root, statement

SP1 = "1d9630f3df6630acc16075d05174a648d2c962bf2d34cabcd8a8e18be96775df"
GROTH16 = "63119b9c316fdbfb55676fd6fc5de671e40db049cab16b5b0e43b693d581e66e"
ULTRAPLONK = "bf6ece54635da4a0ccbe130a251c8edca773236c5aa933aa9a37ffd369300672"


def _leaves(*texts: str) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


@pytest.mark.parametrize(
    ("leaves", "root"),
    [
        (_leaves(SP1), "5bf58ee38e40acd00fc96078024b5179203f1607575a4e96f7594f1c41e2621c"),
        (
            _leaves(SP1, SP1, SP1),
            "6afbed9b2db40c0419ccc7368a1f962958354b777e22c67f792166ee987d48e4",
        ),
        (
            _leaves(SP1, GROTH16, ULTRAPLONK),
            "6bb544306a7d75062a564d6de913fdb3699eb31349e782592bbdb695059b7220",
        ),
        ([(1).to_bytes(32)], "b10e2d527612073b26eecdfd717e6a320cf44b4afac2b0732d9fcbe2b7fa0cf6"),
        (
            [number.to_bytes(32) for number in range(1, 8)],
            "d2297c32eeb9a5378d85368ed029315498d1b40d9b03e9ad93bee97a382b47c8",
        ),
        ([], "00" * 32),
    ],
)
def test_root__known_leaves__has_the_real_runtimes_value(leaves: list[bytes], root: str) -> None:
    assert merkle_root(leaves).hex() == root


def test_proof__last_of_seven__lists_only_siblings_that_exist() -> None:
    proof = merkle_proof([number.to_bytes(32) for number in range(1, 8)], 6)
    assert [sibling.hex() for sibling in proof.proof] == [
        "75d78cae9ac952a6bdb1d50ff7497e0fc5986fff3e26261710f96f2e29ff6552",
        "1e8cc8511a4954df48a80e5f5b8da3419a99ba3e7697574234e10893022167fc",
    ]
    assert (proof.number_of_leaves, proof.leaf_index) == (7, 6)


def test_statement__sp1_vector__is_the_real_runtimes() -> None:
    vk = bytes.fromhex("45946758049372c74bceb6ba6526a9661b1915a3403125e470d5ff7f6c15c0dd")
    pubs = bytes.fromhex("b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9")
    assert statement(b"sp1", vk, pubs).hex() == SP1
