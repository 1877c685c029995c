"""zkVerify's tree against recorded roots and paths."""

import pytest

from zkverify_client.domain.merkle import EMPTY_ROOT, merkle_path, merkle_root, verify_path

SP1 = bytes.fromhex("1d9630f3df6630acc16075d05174a648d2c962bf2d34cabcd8a8e18be96775df")
GROTH16 = bytes.fromhex("63119b9c316fdbfb55676fd6fc5de671e40db049cab16b5b0e43b693d581e66e")
ULTRAPLONK = bytes.fromhex("bf6ece54635da4a0ccbe130a251c8edca773236c5aa933aa9a37ffd369300672")
INNER01 = "652fea6738a5f48cc7d712b3f39225f4546ddf3464dc7a66cc16bd1ee91ad92d"
NODE1 = "5c7f0b484547b445eb605b57b634ad93a2b9e23fa72703c27bd661319037ad43"
NODE2 = "05c3108a7986770ad69be1e0ed049af70d0279b95b07c08bd6b95d58912d7844"
NUMBERS = [number.to_bytes(32) for number in range(1, 8)]


@pytest.mark.parametrize(
    ("leaves", "root"),
    [
        ([SP1], "5bf58ee38e40acd00fc96078024b5179203f1607575a4e96f7594f1c41e2621c"),
        ([SP1] * 3, "6afbed9b2db40c0419ccc7368a1f962958354b777e22c67f792166ee987d48e4"),
        (
            [SP1, GROTH16, ULTRAPLONK],
            "6bb544306a7d75062a564d6de913fdb3699eb31349e782592bbdb695059b7220",
        ),
        (NUMBERS[:1], "b10e2d527612073b26eecdfd717e6a320cf44b4afac2b0732d9fcbe2b7fa0cf6"),
        (NUMBERS, "d2297c32eeb9a5378d85368ed029315498d1b40d9b03e9ad93bee97a382b47c8"),
    ],
)
def test_merkle_root__recorded_leaves__gives_recorded_root(leaves: list[bytes], root: str) -> None:
    assert merkle_root(leaves).hex() == root


def test_merkle_path__recorded_leaves__gives_recorded_paths() -> None:
    leaves = [SP1, GROTH16, ULTRAPLONK]
    assert [node.hex() for node in merkle_path(leaves, 2)] == [INNER01]
    assert [node.hex() for node in merkle_path(leaves, 0)] == [NODE1, NODE2]
    assert [node.hex() for node in merkle_path(NUMBERS, 6)] == [
        "75d78cae9ac952a6bdb1d50ff7497e0fc5986fff3e26261710f96f2e29ff6552",
        "1e8cc8511a4954df48a80e5f5b8da3419a99ba3e7697574234e10893022167fc",
    ]


@pytest.mark.parametrize("count", [*range(1, 20), 64, 127, 128, 129])
def test_verify_path__every_leaf_of_every_shape__accepts(count: int) -> None:
    leaves = [number.to_bytes(32) for number in range(count)]
    root = merkle_root(leaves)
    for index, leaf in enumerate(leaves):
        path = merkle_path(leaves, index)
        assert verify_path(root, path, count, index, leaf)
        assert not verify_path(root, path, count, index, b"\xff" * 32)


def test_verify_path__index_at_or_past_the_count__refuses() -> None:
    root = merkle_root(NUMBERS)
    assert not verify_path(root, merkle_path(NUMBERS, 6), 6, 6, NUMBERS[6])
    assert not verify_path(root, merkle_path(NUMBERS, 6), 7, -1, NUMBERS[6])


def test_verify_path__tampered_path__refuses() -> None:
    path = list(merkle_path(NUMBERS, 3))
    path[1] = type(path[1])(bytes(32))
    assert not verify_path(merkle_root(NUMBERS), path, 7, 3, NUMBERS[3])


def test_merkle_root__no_leaves__is_zero() -> None:
    assert merkle_root([]) == EMPTY_ROOT == bytes(32)


def test_merkle_path__no_such_leaf__raises() -> None:
    with pytest.raises(IndexError):
        merkle_path(NUMBERS, 7)


def test_merkle_root__leaf_of_another_size__raises() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        merkle_root([b"\x00" * 64])
