"""system_*, payment_*, rpc_methods."""

from typing import Any

from zk_devnet.zkverify.block import Block
from zk_devnet.zkverify.context import InvalidTransaction
from zk_devnet.zkverify.extrinsic import decode_extrinsic
from zk_devnet.zkverify.node import DevNode
from zk_devnet.zkverify.rpc.author import PEER
from zk_devnet.zkverify.rpc.calls import Call, Methods, hex0x
from zk_devnet.zkverify.rpc.errors import RpcError, invalid_params
from zk_devnet.zkverify.rpc.runtime_api import dispatch_info, fee_details
from zk_devnet.zkverify.scale import Case, ScaleError, encode
from zk_devnet.zkverify.schema.primitives import APPLY_RESULT
from zk_devnet.zkverify.schema.runtime import SS58_PREFIX
from zk_devnet.zkverify.signature import account_of
from zk_devnet.zkverify.state import reader

NODE_VERSION = "1.6.2-devnet"


class SystemRpc:
    """Methods about the node, accounts and fees."""

    def __init__(self, node: DevNode) -> None:
        self._node = node

    def methods(self) -> Methods:
        """By name."""
        return {
            "system_name": lambda _call: "zkv-node devnet stand-in",
            "system_version": lambda _call: NODE_VERSION,
            "system_chain": lambda _call: self._node.config.chain_name,
            "system_chainType": lambda _call: "Development",
            "system_properties": self.properties,
            "system_health": lambda _call: {
                "peers": 1,
                "isSyncing": False,
                "shouldHavePeers": False,
            },
            "system_nodeRoles": lambda _call: ["Full"],
            "system_localPeerId": lambda _call: PEER,
            "system_localListenAddresses": lambda _call: [],
            "system_peers": lambda _call: [],
            "system_syncState": self.sync_state,
            "system_accountNextIndex": self.next_index,
            "account_nextIndex": self.next_index,
            "system_dryRun": self.dry_run,
            "system_dryRunAt": self.dry_run,
            "payment_queryInfo": self.query_info,
            "payment_queryFeeDetails": self.query_fee_details,
        }

    def properties(self, _call: Call) -> dict[str, Any]:
        """SS58 prefix and token."""
        return {
            "isEthereum": False,
            "ss58Format": SS58_PREFIX,
            "tokenDecimals": 18,
            "tokenSymbol": "tVFY",
        }

    def sync_state(self, _call: Call) -> dict[str, Any]:
        """Always synchronized."""
        number = self._node.chain.best.number
        return {"startingBlock": 0, "currentBlock": number, "highestBlock": number}

    def next_index(self, call: Call) -> int:
        """The next nonce of an account, ready transactions counted."""
        try:
            account = account_of(str(call.required(0, "account")))
        except ValueError as error:
            raise invalid_params(str(error)) from error
        nonce = reader(self._node.best_state())("System", "Account", account)["nonce"]
        return self._node.pool.next_index(account, nonce)

    def dry_run(self, call: Call) -> str:
        """The ApplyExtrinsicResult on top of a block; an unsafe method."""
        if not self._node.config.unsafe_rpc:
            raise RpcError(-32601, "RPC call is unsafe to be called externally")
        try:
            result = self._node.begin_block(self._block(call)).apply(
                decode_extrinsic(call.raw(0, "extrinsic"), self._node.spec_version())
            )
        except InvalidTransaction as refusal:
            return hex0x(encode(APPLY_RESULT, Case("Err", Case("Invalid", refusal.case))))
        except ScaleError as error:
            raise RpcError(8000, "Unable to dry run extrinsic", str(error)) from error
        return hex0x(encode(APPLY_RESULT, Case("Ok", result)))

    def _block(self, call: Call) -> Block:
        at = call.at(1)
        return self._node.chain.best if at is None else self._node.chain.block(at)

    def query_info(self, call: Call) -> dict[str, Any]:
        """Weight, class and fee of an extrinsic."""
        try:
            info = dispatch_info(call.raw(0, "extrinsic"), self._block(call))
        except ScaleError as error:
            raise RpcError(8001, "Unable to query dispatch info.", str(error)) from error
        weight = info["weight"]
        return {
            "weight": {"ref_time": weight["ref_time"], "proof_size": weight["proof_size"]},
            "class": info["class"].name.lower(),
            "partialFee": str(info["partial_fee"]),
        }

    def query_fee_details(self, call: Call) -> dict[str, Any]:
        """The parts of an extrinsic's fee."""
        try:
            details = fee_details(call.raw(0, "extrinsic"), self._block(call))
        except ScaleError as error:
            raise RpcError(8001, "Unable to query fee details.", str(error)) from error
        if details is None:
            return {"inclusionFee": None}
        names = {
            "base_fee": "baseFee",
            "len_fee": "lenFee",
            "adjusted_weight_fee": "adjustedWeightFee",
        }
        return {"inclusionFee": {names[key]: hex(value) for key, value in details.items()}}
