// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IPoolManager} from "v4-core/interfaces/IPoolManager.sol";
import {PoolKey} from "v4-core/types/PoolKey.sol";

/// @title The hook: holds the escrow as ERC-6909 claims and is the only one that unlocks and swaps.
/// @notice A swap places an order when its hook data is `ORDER_MAGIC` (4 bytes) followed by
/// `abi.encode(address owner, uint128 minOut, uint40 deadline, uint256 salt)` (128 bytes).
interface IDarkCoWHook {
    /// @notice A pool of this hook was initialized; its orders still need `listPool` on the manager.
    event PoolRegistered(
        bytes32 indexed poolId,
        address indexed currency0,
        address indexed currency1,
        uint24 fee,
        int24 tickSpacing
    );
    event ManagerSet(address indexed manager);
    event CurrencyAllowed(address indexed currency, bool allowed);

    error AlreadySet();
    error CannotRenounce();
    error CurrencyNotAllowed(address currency);
    error DynamicFeeNotSupported();
    error ExactOutputOrder();
    error InvalidFlags(address hook);
    error MalformedHookData();
    error NotManager();
    error NotPoolManager();
    error OrderTooLarge(uint256 amountIn);
    error PartialSwap(uint256 consumed, uint256 amountIn);
    error PriceOutOfRange(uint256 poolPriceX128, uint256 priceX128);
    error PullFailed();
    error SwapBelowMinimum(uint256 amountOut, uint256 minOut);
    error UnknownPool(bytes32 poolId);
    error WrongAmountSettled(uint256 settled, uint256 amount);
    error ZeroAddress();

    function ORDER_MAGIC() external view returns (bytes4);
    function poolManager() external view returns (IPoolManager);
    function manager() external view returns (address);
    /// @notice Whether new pools may use this ERC-20; native currency needs no listing and is not listed here.
    function isCurrencyAllowed(address currency) external view returns (bool);

    /// @notice The key of a pool that was initialized with this hook; all zero for any other pool.
    function poolKey(bytes32 poolId) external view returns (PoolKey memory);

    /// @notice Currencies of a pool of this hook; both zero for any other pool.
    function poolCurrencies(bytes32 poolId)
        external
        view
        returns (address currency0, address currency1);

    /// @notice The pool's price now, currency1 per currency0 times 2^128: floor(sqrtPriceX96^2 / 2^64).
    /// @dev Reverts UnknownPool.
    function poolPriceX128(bytes32 poolId) external view returns (uint256);

    /// @notice Reverts PriceOutOfRange unless the pool's price is within `deviationBps` of `priceX128`.
    /// @dev Reverts UnknownPool.
    function requirePrice(bytes32 poolId, uint256 priceX128, uint256 deviationBps) external view;

    /// @notice Gas that the dearest remainder swap of a section may need: across every tick that its price's range can have.
    /// @dev Reverts UnknownPool.
    function swapGas(bytes32 poolId, uint256 deviationBps) external view returns (uint256);

    /// @notice Claims of the PoolManager that this hook holds: open orders plus the fee ledger.
    function escrowOf(address currency) external view returns (uint256);

    /// @notice Set once, by the owner.
    function setManager(address manager_) external;

    /// @notice Admits a currency to new pools. Owner. No rebasing, fee-on-transfer or callback tokens.
    function setCurrencyAllowed(address currency, bool allowed) external;

    /// @notice Moves exactly `amount` from the allowance that `from` gave this hook into the escrow. Manager.
    function pull(address currency, address from, uint256 amount) external;

    /// @notice Exact-input swap of escrow on the pool; the output joins the escrow. Manager.
    /// @dev Reverts: SwapBelowMinimum; PartialSwap where the pool would have to go further than `deviationBps` from
    /// `priceX128`.
    function swapRemainder(
        bytes32 poolId,
        bool zeroForOne,
        uint256 amountIn,
        uint256 minOut,
        uint256 priceX128,
        uint256 deviationBps
    ) external returns (uint256 amountOut);

    /// @notice Moves escrow out of the PoolManager to the manager. Manager.
    function release(address currency, uint256 amount) external;

    /// @notice Gives escrow away as what it is: claims of the PoolManager (ERC-6909), without touching the token. Manager.
    function transferClaims(address currency, address to, uint256 amount) external;
}
