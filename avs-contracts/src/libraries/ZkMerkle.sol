// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title zkVerify's Merkle tree: Keccak-256, unsorted pairs, a lone last node is carried up unchanged.
/// @dev Leaf values have 32 bytes and inner preimages 64, so neither can be taken for the other.
library ZkMerkle {
    /// @notice Root over leaf values; 0 for none. Overwrites `leaves`.
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        uint256 width = leaves.length;
        if (width == 0) return bytes32(0);
        for (uint256 i; i < width; ++i) {
            leaves[i] = _leaf(leaves[i]);
        }
        while (width > 1) {
            uint256 pairs = width >> 1;
            for (uint256 i; i < pairs; ++i) {
                leaves[i] = _inner(leaves[2 * i], leaves[2 * i + 1]);
            }
            if (width & 1 == 1) leaves[pairs] = leaves[width - 1];
            width = pairs + (width & 1);
        }
        return leaves[0];
    }

    /// @notice Root that a path leads to; a lone node has no step. Requires `index < leafCount`.
    function rootOfPath(bytes32 leaf, bytes32[] calldata path, uint256 leafCount, uint256 index)
        internal
        pure
        returns (bytes32 node)
    {
        node = _leaf(leaf);
        uint256 position = index;
        uint256 width = leafCount;
        for (uint256 i; i < path.length; ++i) {
            bool fromLeft = position & 1 == 1 || position + 1 == width;
            node = fromLeft ? _inner(path[i], node) : _inner(node, path[i]);
            position >>= 1;
            width = ((width - 1) >> 1) + 1;
        }
    }

    /// @notice How many steps the path of leaf `index` of `leafCount` has: with a path of any other length, `rootOfPath`
    /// may lead to the root from an index that is not the leaf's.
    function pathLength(uint256 leafCount, uint256 index) internal pure returns (uint256 steps) {
        for (uint256 width = leafCount; width > 1; width = (width + 1) >> 1) {
            if (index ^ 1 < width) ++steps;
            index >>= 1;
        }
    }

    function _leaf(bytes32 value) private pure returns (bytes32 node) {
        assembly ("memory-safe") {
            mstore(0x00, value)
            node := keccak256(0x00, 0x20)
        }
    }

    function _inner(bytes32 left, bytes32 right) private pure returns (bytes32 node) {
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            node := keccak256(0x00, 0x40)
        }
    }
}
