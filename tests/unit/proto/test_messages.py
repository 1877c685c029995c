"""The message files, against bodies that the real network's clients signed."""

from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from zk_operator.proto import auction_pb2, base_pb2, generate

SIGNER_A = bytes.fromhex("31f8dc299e8e473f6562be20c047efbb93b8f3b3")
ANVIL_0 = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
MAINNET = bytes.fromhex("55ea66757c5b1aecda6619905f594b320092db1cf4c8b6f89025c092f0bb7b5b")
BODY_A = bytes.fromhex(
    "0801122000000000000000000000000000000000000000000000000000000000000000001a0a7370312d76332e"
    "302e3020022803324973333a2f2f73706e2d6172746966616374732d70726f64756374696f6e332f737464696e"
    "732f61727469666163745f30316a716367746a72376573383833616d6b78333073716b673938e80740e8074890"
    "4e"
)
BODY_C = bytes.fromhex(
    "0807122011111111111111111111111111111111111111111111111111111111111111111a0a7370312d76362e"
    "312e3020042803321261727469666163743a2f2f737464696e2f313880a4a7da0640c0843d4880897a5a14aaaa"
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa622055ea66757c5b1aecda6619905f594b320092db1cf4c8b6f890"
    "25c092f0bb7b5b6a14010101010101010101010101010101010101010172140202020202020202020202020202"
    "0202020202027a1403030303030303030303030303030303030303038201202222222222222222222222222222"
    "2222222222222222222222222222222222228a011232303030303030303030303030303030303092010a313230"
    "30303030303030a201140404040404040404040404040404040404040404"
)
BODY_D = bytes.fromhex(
    "0807122011111111111111111111111111111111111111111111111111111111111111111a0a7370312d76362e"
    "312e3020022802321261727469666163743a2f2f737464696e2f313880a4a7da0640c0843d4880897a"
)


def common_fields() -> dict[str, Any]:
    return {
        "nonce": 7,
        "vk_hash": b"\x11" * 32,
        "version": "sp1-v6.1.0",
        "stdin_uri": "artifact://stdin/1",
        "deadline": 1_800_000_000,
        "cycle_limit": 1_000_000,
        "gas_limit": 2_000_000,
    }


def test_auction_body__vector_c__serializes_to_the_signed_bytes() -> None:
    body = auction_pb2.RequestProofRequestBody(
        **common_fields(),
        mode=auction_pb2.PROOF_MODE_GROTH16,
        strategy=auction_pb2.FULFILLMENT_STRATEGY_AUCTION,
        whitelist=[b"\xaa" * 20],
        domain=MAINNET,
        auctioneer=b"\x01" * 20,
        executor=b"\x02" * 20,
        verifier=b"\x03" * 20,
        public_values_hash=b"\x22" * 32,
        base_fee="200000000000000000",
        max_price_per_pgu="1200000000",
        variant=auction_pb2.TRANSACTION_VARIANT_REQUEST,
        treasury=b"\x04" * 20,
    )
    data = body.SerializeToString(deterministic=True)
    assert data == BODY_C
    assert keccak(ANVIL_0 + data).hex() == (
        "d3bb94e47b6e30252b49106e02c6fb71c50c73c7dd59c06dcdaa1341c75e274e"
    )


def test_base_body__vector_d__serializes_to_the_signed_bytes() -> None:
    body = base_pb2.RequestProofRequestBody(
        **common_fields(),
        mode=base_pb2.PROOF_MODE_COMPRESSED,
        strategy=base_pb2.FULFILLMENT_STRATEGY_RESERVED,
    )
    assert body.SerializeToString(deterministic=True) == BODY_D


def test_both_trees__vector_a_of_an_older_client__round_trips() -> None:
    for tree in (auction_pb2, base_pb2):
        body = tree.RequestProofRequestBody.FromString(BODY_A)
        assert (body.version, body.mode, body.strategy) == ("sp1-v3.0.0", 2, 3)
        assert body.SerializeToString(deterministic=True) == BODY_A
    assert keccak(SIGNER_A + BODY_A).hex() == (
        "edda72e7071dce796e91cc12522774b91d33730b698686f8ebeec92e251b42cd"
    )


def test_field_12__means_a_domain_or_privacy_by_tree__never_both() -> None:
    auction = auction_pb2.RequestProofRequestBody(domain=b"\x01" * 32).SerializeToString()
    assert not base_pb2.RequestProofRequestBody.FromString(auction).stdin_private
    base = base_pb2.RequestProofRequestBody(stdin_private=True).SerializeToString()
    assert auction_pb2.RequestProofRequestBody.FromString(base).domain == b""


def test_generated_modules__regenerated__are_unchanged(tmp_path: Path) -> None:
    assert generate.generate(tmp_path) == 0
    for made in sorted((tmp_path / "zk_operator" / "proto").iterdir()):
        assert made.read_text() == (generate.HERE / made.name).read_text(), made.name
