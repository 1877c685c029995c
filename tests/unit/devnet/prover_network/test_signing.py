"""Signatures, ids and domains, against recorded values of the real network."""

import grpc
import pytest
from coincurve import PrivateKey

from zk_devnet.prover_network.errors import CallRefused
from zk_devnet.prover_network.signing import (
    CREATE_ARTIFACT_MESSAGE,
    domain_separator,
    personal_digest,
    recover_signer,
    request_id,
)

ANVIL_0 = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
E_R_S = bytes.fromhex(
    "53bdc4005c15f103cba321d6202b25825b635216be736ee7fbc431b3f44e4b4a"
    "2a992d7f4ad12e3caf55595ae99e826524957e08506285d9d83c9e1e51bbb846"
)
SIGNED = [
    (
        bytes.fromhex(
            "0801122000000000000000000000000000000000000000000000000000000000000000001a0a7370"
            "312d76332e302e3020022803324973333a2f2f73706e2d6172746966616374732d70726f64756374"
            "696f6e332f737464696e732f61727469666163745f30316a716367746a72376573383833616d6b78"
            "333073716b673938e80740e80748904e"
        ),
        bytes.fromhex(
            "0861fc247bbb6ab7aa9fd9b8e199bca8fea2e448103d8995ce2f4c3bd1bbe9035b17c7655f8d1b8e"
            "6256f12a4e9f45289d8ffc55b66d0c5982489502801cb8611c"
        ),
        bytes.fromhex("31f8dc299e8e473f6562be20c047efbb93b8f3b3"),
    ),
    (
        bytes.fromhex("1220a3ac34d4d49db9984ec3e96578503591eb414edcd9c4f6fb865a8f6f8d81937a"),
        bytes.fromhex(
            "87c923b7a44f7768fa2ab1b8ed821be5fd2339fed6694ea788d335a4968719db3bd5334d74d15861"
            "364a947dd11642bc0550774f063fed3a59cc331ddf95531e1b"
        ),
        bytes.fromhex("d7cfc5088b9ad010bffa295ff89bc472a7e8ddee"),
    ),
    (
        bytes.fromhex(
            "0807122011111111111111111111111111111111111111111111111111111111111111111a0a7370"
            "312d76362e312e3020042803321261727469666163743a2f2f737464696e2f313880a4a7da0640c0"
            "843d4880897a5a14aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa622055ea66757c5b1aecda66"
            "19905f594b320092db1cf4c8b6f89025c092f0bb7b5b6a1401010101010101010101010101010101"
            "01010101721402020202020202020202020202020202020202027a14030303030303030303030303"
            "03030303030303038201202222222222222222222222222222222222222222222222222222222222"
            "2222228a011232303030303030303030303030303030303092010a31323030303030303030a20114"
            "0404040404040404040404040404040404040404"
        ),
        bytes.fromhex(
            "8ddfad55b3ca111b4fddbd0509a1a356e8c9671f09ddb048dda3c2899bcaea184674a67003d01d07"
            "a1d209f596fd3365a7d50909fba2d4dde2f6137c3953f2531c"
        ),
        ANVIL_0,
    ),
    (
        bytes.fromhex(
            "0807122011111111111111111111111111111111111111111111111111111111111111111a0a7370"
            "312d76362e312e3020022802321261727469666163743a2f2f737464696e2f313880a4a7da0640c0"
            "843d4880897a"
        ),
        bytes.fromhex(
            "df183692a3e08fc8bf1b60c0b63cb3526c32ee7029015e6c9a8c24d01b698b972d539f1abd00a8a6"
            "f528b55af9d0f863af4707835654784867bc5960d91c53ff1c"
        ),
        ANVIL_0,
    ),
]
REQUEST_IDS = [
    (0, "edda72e7071dce796e91cc12522774b91d33730b698686f8ebeec92e251b42cd"),
    (2, "d3bb94e47b6e30252b49106e02c6fb71c50c73c7dd59c06dcdaa1341c75e274e"),
]


@pytest.mark.parametrize(("body", "signature", "signer"), SIGNED, ids=["a", "b", "c", "d"])
def test_recover__real_bodies__gives_their_signer(
    body: bytes, signature: bytes, signer: bytes
) -> None:
    assert recover_signer(body, signature) == signer


@pytest.mark.parametrize("v", [1, 28, 55])
def test_recover__create_artifact__takes_every_generation_of_v(v: int) -> None:
    digest = personal_digest(CREATE_ARTIFACT_MESSAGE)
    assert digest.hex() == "70f518d3034cb94ffbe469de194d4382d4055de854126ef9aad036d5032c6c2c"
    assert recover_signer(CREATE_ARTIFACT_MESSAGE, E_R_S + bytes([v])) == ANVIL_0


@pytest.mark.parametrize("v", [0, 27, 54])
def test_recover__the_other_parity__is_somebody_else(v: int) -> None:
    assert recover_signer(CREATE_ARTIFACT_MESSAGE, E_R_S + bytes([v])) != ANVIL_0


@pytest.mark.parametrize(
    "signature",
    [b"", E_R_S, E_R_S + b"\x02", E_R_S + b"\x1b\x00", b"\xff" * 64 + b"\x00"],
    ids=["empty", "no v", "bad v", "too long", "r and s out of range"],
)
def test_recover__malformed__is_unauthenticated(signature: bytes) -> None:
    with pytest.raises(CallRefused) as caught:
        recover_signer(CREATE_ARTIFACT_MESSAGE, signature)
    assert caught.value.status is grpc.StatusCode.UNAUTHENTICATED


def test_recover__fresh_key__round_trips() -> None:
    secret = PrivateKey(b"\x07" * 32)
    signature = secret.sign_recoverable(personal_digest(b"body"), hasher=None)
    assert len(recover_signer(b"body", signature)) == 20


@pytest.mark.parametrize(("number", "expected"), REQUEST_IDS, ids=["a", "c"])
def test_request_id__real_bodies__is_the_computed_one(number: int, expected: str) -> None:
    body, _, signer = SIGNED[number]
    assert request_id(signer, body).hex() == expected


@pytest.mark.parametrize(
    ("chain_id", "expected"),
    [
        (1, "55ea66757c5b1aecda6619905f594b320092db1cf4c8b6f89025c092f0bb7b5b"),
        (11155111, "41f65a024f35f8e36641c29fb6cf141a751109a02c19a8f951c3019fa0960e9b"),
    ],
)
def test_domain__known_chains__is_the_published_one(chain_id: int, expected: str) -> None:
    assert domain_separator(chain_id).hex() == expected
