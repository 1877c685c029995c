// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title zkVerify's aggregation contract, as deployed on every chain that zkVerify delivers to.
interface IZkVerifyAggregation {
    event AggregationPosted(
        uint256 indexed domainId, uint256 indexed aggregationId, bytes32 indexed root
    );

    error IndexOutOfBounds();
    error InvalidBatchCounts();

    /// @notice Whether `leaf` is leaf `index` of `leafCount` of a posted aggregation.
    /// @dev False for an unknown aggregation; reverts IndexOutOfBounds if `index >= leafCount`.
    function verifyProofAggregation(
        uint256 domainId,
        uint256 aggregationId,
        bytes32 leaf,
        bytes32[] calldata merklePath,
        uint256 leafCount,
        uint256 index
    ) external view returns (bool);

    /// @notice Root of a posted aggregation; 0 until it is posted.
    function proofsAggregations(uint256 domainId, uint256 aggregationId)
        external
        view
        returns (bytes32);

    /// @notice Posts (or overwrites) one root. Role OPERATOR.
    function submitAggregation(uint256 domainId, uint256 aggregationId, bytes32 root) external;

    /// @notice Posts several roots of one domain. Role OPERATOR.
    function submitAggregationBatchByDomainId(
        uint256 domainId,
        uint256[] calldata aggregationIds,
        bytes32[] calldata roots
    ) external;
}
