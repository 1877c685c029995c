"""Points of BLS12-381: the generators by zcash's specification, and numbers that are none."""

import pytest

from zkverify_client.domain.bls12_381 import (
    FIELD_MODULUS,
    encode_g1,
    encode_g2,
    is_g1,
    require_g1,
    require_g2,
)
from zkverify_client.domain.proof_errors import PointError

G1 = bytes.fromhex(
    "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
    "08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1"
)
G2 = bytes.fromhex(
    "13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e"
    "024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"
    "0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be"
    "0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801"
)
X, Y = int.from_bytes(G1[:48]), int.from_bytes(G1[48:])
X1, X0, Y1, Y0 = (int.from_bytes(G2[at : at + 48]) for at in (0, 48, 96, 144))


def test_generators__encoded__are_as_zcash_writes_them() -> None:
    assert encode_g1(X, Y) == require_g1(G1) == G1
    assert encode_g2((X0, X1), (Y0, Y1)) == require_g2(G2) == G2
    assert is_g1(X, Y)
    assert is_g1(X, FIELD_MODULUS - Y)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (X, Y + 1),
        (X + 1, Y),
        (X + FIELD_MODULUS, Y),
        (X, Y + FIELD_MODULUS),
        (X - FIELD_MODULUS, Y),
        (0, 0),
        (1, 2),  # BN254's generator
    ],
)
def test_g1__not_a_canonical_finite_point__is_refused(x: int, y: int) -> None:
    assert not is_g1(x, y)
    with pytest.raises(PointError):
        encode_g1(x, y)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ((X1, X0), (Y1, Y0)),  # parts exchanged
        ((X0, X1), (Y0, Y1 + 1)),
        ((X0 + FIELD_MODULUS, X1), (Y0, Y1)),
        ((X0, X1), (Y0, Y1 - FIELD_MODULUS)),
        ((0, 0), (0, 0)),
    ],
)
def test_g2__not_a_canonical_finite_point__is_refused(
    x: tuple[int, int], y: tuple[int, int]
) -> None:
    with pytest.raises(PointError):
        encode_g2(x, y)


@pytest.mark.parametrize("raw", [b"", G1[:-1], G1 + b"\0", bytes([G1[0] | 0x80]) + G1[1:], G2])
def test_require_g1__other_bytes__are_refused(raw: bytes) -> None:
    with pytest.raises(PointError):
        require_g1(raw)


@pytest.mark.parametrize("raw", [b"", G2[:-1], G2 + b"\0", bytes(192), G1])
def test_require_g2__other_bytes__are_refused(raw: bytes) -> None:
    with pytest.raises(PointError):
        require_g2(raw)
