"""What a devnet's deployment consists of, as data that other processes can read."""

import json
from dataclasses import dataclass, fields
from typing import Any, Self

from zk_acts.domain.ids import Hash32
from zk_operator.domain.ids import Address, PoolId


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A currency; the native one has the zero address."""

    address: Address
    symbol: str
    decimals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A pool that the hook serves."""

    pool_id: PoolId
    label: str
    currency0: Address
    currency1: Address
    fee: int
    tick_spacing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Everything that a client of the devnet's contracts needs to know. Times in seconds."""

    chain_id: int
    deploy_block: int  # nothing of ours is in an earlier block
    pool_manager: Address
    hook: Address
    manager: Address  # OrderServiceManager
    zkverify: Address
    receipt_verifier: Address
    response_verifier: Address
    quoter: Address
    swap_router: Address
    liquidity_router: Address
    owner: Address
    operator: Address  # the allow-listed signer
    relayer: Address  # may post zkVerify's roots
    tokens: tuple[Token, ...]
    pools: tuple[Pool, ...]
    traders: tuple[Address, ...]  # funded with every token; hook and swap router approved
    domain_id: int
    fee_bps: int
    cancel_delay_s: int
    max_order_span_s: int
    groth16_vk_hash: Hash32
    program_vkey: Hash32
    recursion_root: Hash32

    def to_json(self) -> str:
        """A JSON object with 0x-prefixed hex for bytes."""
        return json.dumps(_plain(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The inverse of `to_json`. Raises KeyError for a missing field, ValueError for text that is no JSON."""
        raw = json.loads(text)
        values = {field.name: _parsed(raw[field.name]) for field in fields(cls)}
        values["tokens"] = tuple(_record(Token, one) for one in raw["tokens"])
        values["pools"] = tuple(_record(Pool, one) for one in raw["pools"])
        return cls(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Token | Pool | Deployment):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def _parsed(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("0x"):
        return bytes.fromhex(value[2:])
    if isinstance(value, list):
        return tuple(_parsed(item) for item in value)
    return value


def _record(kind: Any, raw: dict[str, Any]) -> Any:
    return kind(**{name: _parsed(value) for name, value in raw.items()})
