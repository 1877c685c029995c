"""aggregate_* and vk_hash_*: what zkVerify's node adds to a Substrate node."""

from typing import Any

from zk_devnet.zkverify.chain import StatePruned, UnknownBlock
from zk_devnet.zkverify.hashing import keccak_256
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.pallets.aggregate import statement_path
from zk_devnet.zkverify.rpc.calls import Call, Methods, hex0x, hex_bytes
from zk_devnet.zkverify.rpc.errors import RpcError, invalid_params
from zk_devnet.zkverify.scale import Case, encode
from zk_devnet.zkverify.schema.verifiers import GROTH16_VK
from zk_devnet.zkverify.state import reader


class ZkVerifyRpc:
    """Statement paths and key hashes."""

    def __init__(self, node: DevNode) -> None:
        self._node = node

    def methods(self) -> Methods:
        """By name."""
        return {
            "aggregate_statementPath": self.statement_path,
            "vk_hash_sp1": lambda call: hex0x(call.hash32(0, "vk")),
            "vk_hash_risc0": lambda call: hex0x(call.hash32(0, "vk")),
            "vk_hash_groth16": self.groth16_vk_hash,
        }

    def statement_path(self, call: Call) -> dict[str, Any]:
        """The Merkle path of a statement, from the state of the block that published its aggregation."""
        at = call.hash32(0, "at")
        domain_id, aggregation_id = (
            call.integer(1, "domain_id", 32),
            call.integer(2, "aggregation_id", 64),
        )
        statement = call.hash32(3, "statement")
        try:
            state = self._node.chain.state_at(at)
        except (UnknownBlock, StatePruned) as error:
            raise RpcError(
                3,
                "Unable to query dispatch info.",
                f"UnknownBlock: State already discarded for {hex0x(at)}",
            ) from error
        found = statement_path(reader(state), domain_id, aggregation_id, statement)
        if isinstance(found, Case):
            raise _path_error(found.name, domain_id, aggregation_id, statement)
        return {
            "root": hex0x(found.root),
            "proof": [hex0x(sibling) for sibling in found.proof],
            "number_of_leaves": found.number_of_leaves,
            "leaf_index": found.leaf_index,
            "leaf": hex0x(found.leaf),
        }

    def groth16_vk_hash(self, call: Call) -> str:
        """The hash of a Groth16 key given as JSON."""
        vk = call.required(0, "vk")
        if not isinstance(vk, dict) or vk.get("curve") not in ("Bn254", "Bls12_381"):
            raise invalid_params("invalid Groth16 verification key")
        names = {
            "alpha_g1": "alphaG1",
            "beta_g2": "betaG2",
            "gamma_g2": "gammaG2",
            "delta_g2": "deltaG2",
        }
        value: dict[str, Any] = {key: hex_bytes(vk.get(name), name) for key, name in names.items()}
        value["curve"] = Case(vk["curve"])
        value["gamma_abc_g1"] = [hex_bytes(item, "gammaAbcG1") for item in vk.get("gammaAbcG1", [])]
        return hex0x(keccak_256(encode(GROTH16_VK, value)))


def _path_error(case: str, domain_id: int, aggregation_id: int, statement: bytes) -> RpcError:
    if case == "NotFound":
        short = f"0x{statement[:2].hex()}…{statement[-2:].hex()}"  # H256 prints itself abbreviated
        return RpcError(
            1,
            "Statement not found in this aggregation",
            f"Statement {short} not found in Storage for aggregation ({domain_id},{aggregation_id})",
        )
    return RpcError(
        2,
        "Receipt not published in this block",
        f"Receipt ({domain_id},{aggregation_id}) not published yet",
    )
