// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What a batch's remainder swap would give now. For eth_call; a transaction changes nothing.
interface IRemainderQuoter {
    error UnknownPool(bytes32 poolId);
    error PartialSwap(uint256 consumed, uint256 amountIn);
    error NotPoolManager();

    /// @notice Output of an exact-input swap on the pool in its present state.
    /// @dev Not a view function because the PoolManager's swap is not; everything is reverted inside.
    function quoteRemainder(bytes32 poolId, bool zeroForOne, uint256 amountIn)
        external
        returns (uint256 amountOut);
}
