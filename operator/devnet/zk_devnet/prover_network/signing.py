"""The network's signatures and identities: EIP-191 over the protobuf body, ids, the signing domain."""

import grpc
from coincurve import PublicKey
from eth_utils.crypto import keccak

from zk_devnet.prover_network.errors import CallRefused

CREATE_ARTIFACT_MESSAGE = b"create_artifact"
_PARITY_OF_V = {0: 0, 1: 1, 27: 0, 28: 1, 54: 0, 55: 1}  # 54 and 55: SDKs from 5.2 add 27 twice
_DOMAIN_TYPEHASH = keccak(text="EIP712Domain(string name,string version,uint256 chainId)")


def recover_signer(message: bytes, signature: bytes) -> bytes:
    """The 20-byte address that signed the message; CallRefused (Unauthenticated) if none can have."""
    if len(signature) != 65 or signature[64] not in _PARITY_OF_V:
        raise CallRefused(grpc.StatusCode.UNAUTHENTICATED, "malformed signature")
    compact = signature[:64] + bytes([_PARITY_OF_V[signature[64]]])
    try:
        key = PublicKey.from_signature_and_message(compact, personal_digest(message), hasher=None)
    except ValueError as error:
        raise CallRefused(grpc.StatusCode.UNAUTHENTICATED, "signature does not recover") from error
    return keccak(key.format(compressed=False)[1:])[12:]


def personal_digest(message: bytes) -> bytes:
    """The EIP-191 digest, version 0x45 (personal_sign)."""
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)


def request_id(signer: bytes, body: bytes) -> bytes:
    """The id of a request: keccak256 of its signer and body."""
    return keccak(signer + body)


def domain_separator(chain_id: int) -> bytes:
    """The network's signing domain, which auction bodies carry as plain bytes."""
    return keccak(
        _DOMAIN_TYPEHASH
        + keccak(text="Succinct Prover Network")
        + keccak(text="1.0.0")
        + chain_id.to_bytes(32, "big")
    )
