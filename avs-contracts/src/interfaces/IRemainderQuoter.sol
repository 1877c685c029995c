// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title What a batch's remainder swap would give now. For eth_call; a transaction changes nothing.
interface IRemainderQuoter {
    error UnknownPool(bytes32 poolId);
    error PartialSwap(uint256 consumed, uint256 amountIn);
    error NotPoolManager();

    /// @notice Output of the remainder's swap in a section with this price, on the pool in its present state.
    /// @dev Not a view function because the PoolManager's swap is not; everything is reverted inside. Reverts PartialSwap
    /// where the pool would have to leave the range around the price, as the section would.
    function quoteRemainder(bytes32 poolId, uint256 priceX128, bool zeroForOne, uint256 amountIn)
        external
        returns (uint256 amountOut);
}
