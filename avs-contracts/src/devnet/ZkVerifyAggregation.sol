// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IZkVerifyAggregation} from "../interfaces/IZkVerifyAggregation.sol";
import {ZkMerkle} from "../libraries/ZkMerkle.sol";

/// @title Stand-in for zkVerify's aggregation contract on the devnet.
/// @notice Same interface, role, events and Merkle rule; not upgradeable. Like the real one it lets OPERATOR
/// overwrite a root and answers false, not a revert, for an aggregation that was not posted.
contract ZkVerifyAggregation is IZkVerifyAggregation, AccessControl {
    bytes32 public constant OPERATOR = keccak256("OPERATOR");

    /// @inheritdoc IZkVerifyAggregation
    mapping(uint256 domainId => mapping(uint256 aggregationId => bytes32)) public
        proofsAggregations;

    constructor(address admin, address operator_) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(OPERATOR, operator_);
    }

    /// @inheritdoc IZkVerifyAggregation
    function submitAggregation(uint256 domainId, uint256 aggregationId, bytes32 root)
        external
        onlyRole(OPERATOR)
    {
        _post(domainId, aggregationId, root);
    }

    /// @inheritdoc IZkVerifyAggregation
    function submitAggregationBatchByDomainId(
        uint256 domainId,
        uint256[] calldata aggregationIds,
        bytes32[] calldata roots
    ) external onlyRole(OPERATOR) {
        require(aggregationIds.length == roots.length, InvalidBatchCounts());
        for (uint256 i; i < roots.length; ++i) {
            _post(domainId, aggregationIds[i], roots[i]);
        }
    }

    /// @inheritdoc IZkVerifyAggregation
    function verifyProofAggregation(
        uint256 domainId,
        uint256 aggregationId,
        bytes32 leaf,
        bytes32[] calldata merklePath,
        uint256 leafCount,
        uint256 index
    ) external view returns (bool) {
        require(index < leafCount, IndexOutOfBounds());
        bytes32 root = ZkMerkle.rootOfPath(leaf, merklePath, leafCount, index);
        return root == proofsAggregations[domainId][aggregationId];
    }

    function _post(uint256 domainId, uint256 aggregationId, bytes32 root) private {
        proofsAggregations[domainId][aggregationId] = root;
        emit AggregationPosted(domainId, aggregationId, root);
    }
}
