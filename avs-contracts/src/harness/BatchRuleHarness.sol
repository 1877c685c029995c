// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BatchRule} from "../libraries/BatchRule.sol";
import {OrderHash} from "../libraries/OrderHash.sol";
import {Statement} from "../libraries/Statement.sol";
import {ZkMerkle} from "../libraries/ZkMerkle.sol";
import {Order, PublicValues, Section} from "../types/Types.sol";

/// @title The batch rule as compiled, for comparison with the other implementations. Never deployed.
contract BatchRuleHarness {
    function publicValuesOf(
        uint256 chainId,
        address manager,
        bytes32 ordersRoot_,
        bytes32 settlementHash_,
        uint256 validUntil
    ) external pure returns (bytes memory) {
        return abi.encode(
            PublicValues(1, chainId, manager, ordersRoot_, settlementHash_, validUntil)
        );
    }

    function settlementHash(Section[] calldata sections) external pure returns (bytes32) {
        return keccak256(abi.encode(sections));
    }

    function ordersRoot(bytes32[] memory orderIds) external pure returns (bytes32) {
        return ZkMerkle.root(orderIds);
    }

    function rootOfPath(bytes32 leaf, bytes32[] calldata path, uint256 leafCount, uint256 index)
        external
        pure
        returns (bytes32)
    {
        return ZkMerkle.rootOfPath(leaf, path, leafCount, index);
    }

    /// @notice Id of the order for a manager on a chain, computed without the manager.
    function orderId(Order calldata order, uint256 chainId, address manager)
        external
        pure
        returns (bytes32)
    {
        bytes32 separator = OrderHash.domainSeparator(chainId, manager);
        return OrderHash.digest(separator, OrderHash.structHash(order));
    }

    /// @notice Payouts after the fee, in the orders' order, and the ledger (fees and dust) per currency.
    /// @dev Reverts with the errors of BatchRule. `validUntil` is checked against the deadlines.
    function payouts(
        Section calldata section,
        Order[] calldata orders,
        uint256 swapOutput,
        uint256 validUntil
    ) external pure returns (uint256[] memory nets, uint256 ledger0, uint256 ledger1) {
        BatchRule.Matching memory matching = BatchRule.matchSides(section, orders, validUntil);
        (ledger0, ledger1) = BatchRule.share(matching, section, orders, swapOutput);
        nets = matching.nets;
    }

    function groth16Statement(
        bytes32 vkHash,
        bytes32 programVkey,
        bytes calldata publicValues,
        bytes32 recursionRoot,
        uint256 proofNonce
    ) external pure returns (bytes32) {
        return Statement.groth16(
            vkHash, Statement.sp1Groth16Inputs(programVkey, publicValues, recursionRoot, proofNonce)
        );
    }

    function sp1Statement(bytes32 vkey, bytes calldata publicValues)
        external
        pure
        returns (bytes32)
    {
        return Statement.sp1(vkey, publicValues);
    }
}
