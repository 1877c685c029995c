"""Public values: the 192 bytes that a proof commits to and the settlement contract believes.

Format: the contracts' specification, section 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from zk_acts.domain.hashing import keccak
from zk_acts.domain.ids import Hash32
from zk_operator.domain.abi_coding import encode
from zk_operator.domain.ids import Address, OrderId
from zk_operator.domain.section import SECTION_ABI, Section
from zkverify_client.domain.merkle import merkle_root
from zkverify_client.domain.proof_errors import ProofError

PUBLIC_VALUES_ABI = ("uint256", "uint256", "address", "bytes32", "bytes32", "uint256")
PUBLIC_VALUES_SIZE = 192
PUBLIC_VALUES_VERSION = 1
_WORD = 32


class PublicValuesError(ProofError):
    """Raised when public values are not the canonical 192 bytes.

    Meaning: Six words are expected: version 1, chain id, manager, orders root, settlement hash, validUntil. The
    length, the version or the padding of the address differs.

    What you see: The returned proof is refused before submission; the batch is proven again by another backend if
    one is left.

    What to do: Check that the program vkey in the configuration belongs to this release: a batch program of another
    version commits other public values.
    """

    code = "ZKO-PRF-002"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicValues:
    """What a batch proof states. `valid_until` in unix seconds."""

    chain_id: int
    manager: Address
    orders_root: Hash32
    settlement_hash: Hash32
    valid_until: int
    version: int = PUBLIC_VALUES_VERSION

    def encode(self) -> bytes:
        """The six static words, 192 bytes."""
        return encode(
            PUBLIC_VALUES_ABI,
            [
                self.version,
                self.chain_id,
                self.manager,
                self.orders_root,
                self.settlement_hash,
                self.valid_until,
            ],
        )

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """The inverse of `encode`; PublicValuesError unless the bytes are canonical."""
        if len(raw) != PUBLIC_VALUES_SIZE:
            raise PublicValuesError("public values have a wrong length", size=len(raw))
        words = [raw[i : i + _WORD] for i in range(0, len(raw), _WORD)]
        version = int.from_bytes(words[0])
        if version != PUBLIC_VALUES_VERSION:
            raise PublicValuesError("public values have an unknown version", version=version)
        if any(words[2][:12]):
            raise PublicValuesError("the manager's word is no address", word=words[2].hex())
        return cls(
            chain_id=int.from_bytes(words[1]),
            manager=Address(words[2][12:]),
            orders_root=Hash32(words[3]),
            settlement_hash=Hash32(words[4]),
            valid_until=int.from_bytes(words[5]),
        )

    def hash(self) -> Hash32:
        """Keccak-256 of the encoding: what operators sign and replay protection is keyed by."""
        return Hash32(keccak(self.encode()))


def settlement_hash(sections: Sequence[Section]) -> Hash32:
    """keccak256(abi.encode(Section[]))."""
    return Hash32(keccak(encode([f"{SECTION_ABI}[]"], [[s.as_abi() for s in sections]])))


def orders_root(order_ids: Sequence[OrderId]) -> Hash32:
    """Merkle root over the ids, in section order (ascending inside a section)."""
    return merkle_root(order_ids)


def public_values_of(
    sections: Sequence[Section], *, chain_id: int, manager: Address, valid_until: int
) -> PublicValues:
    """The public values that sections imply; checks nothing (see `matching.check_batch`)."""
    return PublicValues(
        chain_id=chain_id,
        manager=manager,
        orders_root=orders_root([order for section in sections for order in section.order_ids]),
        settlement_hash=settlement_hash(sections),
        valid_until=valid_until,
    )
