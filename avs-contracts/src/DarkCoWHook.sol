// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IHooks} from "v4-core/interfaces/IHooks.sol";
import {IPoolManager} from "v4-core/interfaces/IPoolManager.sol";
import {IUnlockCallback} from "v4-core/interfaces/callback/IUnlockCallback.sol";
import {FullMath} from "v4-core/libraries/FullMath.sol";
import {LPFeeLibrary} from "v4-core/libraries/LPFeeLibrary.sol";
import {StateLibrary} from "v4-core/libraries/StateLibrary.sol";
import {BalanceDelta} from "v4-core/types/BalanceDelta.sol";
import {
    BeforeSwapDelta,
    BeforeSwapDeltaLibrary,
    toBeforeSwapDelta
} from "v4-core/types/BeforeSwapDelta.sol";
import {Currency} from "v4-core/types/Currency.sol";
import {PoolId} from "v4-core/types/PoolId.sol";
import {PoolKey} from "v4-core/types/PoolKey.sol";
import {SwapParams} from "v4-core/types/PoolOperation.sol";
import {IDarkCoWHook} from "./interfaces/IDarkCoWHook.sol";
import {IOrderServiceManager} from "./interfaces/IOrderServiceManager.sol";
import {PriceRange} from "./libraries/PriceRange.sol";
import {Order} from "./types/Types.sol";

/// @title DarkCoWHook
/// @notice Turns swaps with order data into tasks and keeps all escrow as claims of the PoolManager.
/// @dev No code of a trader runs inside an unlock that this contract opens: tokens are allow-listed, and what
/// leaves goes to the manager, which pays recipients after the unlock is closed.
contract DarkCoWHook is IDarkCoWHook, IUnlockCallback, Ownable2Step {
    using SafeERC20 for IERC20;
    using StateLibrary for IPoolManager;

    enum Action {
        Pull,
        Swap,
        Release
    }

    /// @dev What an unlock is for; fields that an action does not need stay zero.
    struct Unlock {
        Action action;
        bytes32 poolId;
        bool zeroForOne;
        address currency;
        address from;
        uint256 amount;
        uint256 minOut;
        uint160 sqrtPriceLimitX96;
    }

    bytes4 public constant ORDER_MAGIC = bytes4(keccak256("DarkCoW.order.v1"));

    uint160 private constant FLAGS_MASK = 0x3fff;
    // beforeInitialize | beforeSwap | beforeSwapReturnDelta
    uint160 private constant FLAGS = 0x2088;
    uint256 private constant ORDER_DATA_LENGTH = 4 + 4 * 32;
    uint256 private constant MAX_AMOUNT = uint256(uint128(type(int128).max));

    IPoolManager public immutable poolManager;
    address public manager;
    mapping(address currency => bool) public isCurrencyAllowed;
    mapping(bytes32 poolId => PoolKey) private _keys;

    modifier onlyManager() {
        require(msg.sender == manager, NotManager());
        _;
    }

    modifier onlyPoolManager() {
        require(msg.sender == address(poolManager), NotPoolManager());
        _;
    }

    /// @dev The address must carry exactly the flags 0x2088: mine a CREATE2 salt.
    constructor(IPoolManager poolManager_, address owner_) Ownable(owner_) {
        require(uint160(address(this)) & FLAGS_MASK == FLAGS, InvalidFlags(address(this)));
        require(address(poolManager_) != address(0), ZeroAddress());
        poolManager = poolManager_;
    }

    // --- owner ---

    /// @inheritdoc IDarkCoWHook
    function setManager(address manager_) external onlyOwner {
        require(manager == address(0), AlreadySet());
        require(manager_ != address(0), ZeroAddress());
        manager = manager_;
        emit ManagerSet(manager_);
    }

    /// @inheritdoc IDarkCoWHook
    function setCurrencyAllowed(address currency, bool allowed) external onlyOwner {
        isCurrencyAllowed[currency] = allowed;
        emit CurrencyAllowed(currency, allowed);
    }

    /// @notice Never: no currency could be admitted or struck off any more.
    function renounceOwnership() public pure override {
        revert CannotRenounce();
    }

    // --- callbacks of the PoolManager ---

    /// @notice Registers the pool; refuses currencies that are not allow-listed and dynamic fees.
    function beforeInitialize(address, PoolKey calldata key, uint160)
        external
        onlyPoolManager
        returns (bytes4)
    {
        _requireAllowed(key.currency0);
        _requireAllowed(key.currency1);
        require(!LPFeeLibrary.isDynamicFee(key.fee), DynamicFeeNotSupported());
        bytes32 poolId = keccak256(abi.encode(key));
        _keys[poolId] = key;
        emit PoolRegistered(
            poolId,
            Currency.unwrap(key.currency0),
            Currency.unwrap(key.currency1),
            key.fee,
            key.tickSpacing
        );
        return IHooks.beforeInitialize.selector;
    }

    /// @notice Takes the whole input of an order into escrow; lets every other swap pass.
    function beforeSwap(
        address,
        PoolKey calldata key,
        SwapParams calldata params,
        bytes calldata hookData
    ) external onlyPoolManager returns (bytes4, BeforeSwapDelta, uint24) {
        if (hookData.length < 4 || bytes4(hookData[:4]) != ORDER_MAGIC) {
            return (IHooks.beforeSwap.selector, BeforeSwapDeltaLibrary.ZERO_DELTA, 0);
        }
        require(params.amountSpecified < 0, ExactOutputOrder());
        uint256 amountIn = _magnitude(params.amountSpecified);
        Order memory order = _decodeOrder(hookData);
        order.poolId = keccak256(abi.encode(key));
        order.zeroForOne = params.zeroForOne;
        order.amountIn = uint128(amountIn);
        IOrderServiceManager(manager).createNewTask(order);
        Currency input = params.zeroForOne ? key.currency0 : key.currency1;
        poolManager.mint(address(this), input.toId(), amountIn);
        return
            (IHooks.beforeSwap.selector, toBeforeSwapDelta(int128(uint128(amountIn)), 0), uint24(0));
    }

    /// @inheritdoc IUnlockCallback
    function unlockCallback(bytes calldata data) external onlyPoolManager returns (bytes memory) {
        Unlock memory request = abi.decode(data, (Unlock));
        if (request.action == Action.Swap) return abi.encode(_swap(request));
        if (request.action == Action.Pull) _pull(request);
        else _release(request);
        return "";
    }

    // --- manager ---

    /// @inheritdoc IDarkCoWHook
    function pull(address currency, address from, uint256 amount) external onlyManager {
        Unlock memory request;
        request.action = Action.Pull;
        request.currency = currency;
        request.from = from;
        request.amount = amount;
        poolManager.unlock(abi.encode(request));
    }

    /// @inheritdoc IDarkCoWHook
    function swapRemainder(
        bytes32 poolId,
        bool zeroForOne,
        uint256 amountIn,
        uint256 minOut,
        uint256 priceX128,
        uint256 deviationBps
    ) external onlyManager returns (uint256 amountOut) {
        Unlock memory request;
        request.action = Action.Swap;
        request.poolId = poolId;
        request.zeroForOne = zeroForOne;
        request.amount = amountIn;
        request.minOut = minOut;
        request.sqrtPriceLimitX96 = PriceRange.swapLimit(priceX128, deviationBps, zeroForOne);
        return abi.decode(poolManager.unlock(abi.encode(request)), (uint256));
    }

    /// @inheritdoc IDarkCoWHook
    function release(address currency, uint256 amount) external onlyManager {
        Unlock memory request;
        request.action = Action.Release;
        request.currency = currency;
        request.amount = amount;
        poolManager.unlock(abi.encode(request));
    }

    /// @inheritdoc IDarkCoWHook
    function transferClaims(address currency, address to, uint256 amount) external onlyManager {
        poolManager.transfer(to, Currency.wrap(currency).toId(), amount);
    }

    // --- views ---

    /// @inheritdoc IDarkCoWHook
    function poolKey(bytes32 poolId) external view returns (PoolKey memory) {
        return _keys[poolId];
    }

    /// @inheritdoc IDarkCoWHook
    function poolCurrencies(bytes32 poolId) external view returns (address, address) {
        PoolKey storage key = _keys[poolId];
        return (Currency.unwrap(key.currency0), Currency.unwrap(key.currency1));
    }

    /// @inheritdoc IDarkCoWHook
    function requirePrice(bytes32 poolId, uint256 priceX128, uint256 deviationBps) external view {
        uint256 actual = poolPriceX128(poolId);
        bool inRange = PriceRange.contains(priceX128, actual, deviationBps);
        require(inRange, PriceOutOfRange(actual, priceX128));
    }

    /// @inheritdoc IDarkCoWHook
    function swapGas(bytes32 poolId, uint256 deviationBps) external view returns (uint256) {
        PoolKey storage key = _keys[poolId];
        require(address(key.hooks) != address(0), UnknownPool(poolId));
        return PriceRange.swapGas(deviationBps, key.tickSpacing);
    }

    /// @inheritdoc IDarkCoWHook
    function poolPriceX128(bytes32 poolId) public view returns (uint256) {
        (uint160 sqrtPriceX96,,,) = poolManager.getSlot0(PoolId.wrap(poolId));
        require(address(_keys[poolId].hooks) != address(0), UnknownPool(poolId));
        return FullMath.mulDiv(sqrtPriceX96, sqrtPriceX96, 1 << 64);
    }

    /// @inheritdoc IDarkCoWHook
    function escrowOf(address currency) external view returns (uint256) {
        return poolManager.balanceOf(address(this), Currency.wrap(currency).toId());
    }

    // --- inside an unlock ---

    function _pull(Unlock memory request) private {
        Currency currency = Currency.wrap(request.currency);
        poolManager.sync(currency);
        bool sent = IERC20(request.currency)
            .trySafeTransferFrom(request.from, address(poolManager), request.amount);
        require(sent, PullFailed());
        uint256 settled = poolManager.settle();
        require(settled == request.amount, WrongAmountSettled(settled, request.amount));
        poolManager.mint(address(this), currency.toId(), request.amount);
    }

    function _swap(Unlock memory request) private returns (uint256 amountOut) {
        PoolKey memory key = _keys[request.poolId];
        require(address(key.hooks) == address(this), UnknownPool(request.poolId));
        require(request.amount <= MAX_AMOUNT, OrderTooLarge(request.amount));
        bool zeroForOne = request.zeroForOne;
        BalanceDelta delta = poolManager.swap(
            key,
            SwapParams({
                zeroForOne: zeroForOne,
                amountSpecified: -int256(request.amount),
                sqrtPriceLimitX96: request.sqrtPriceLimitX96
            }),
            ""
        );
        (int128 paid, int128 got) =
            zeroForOne ? (delta.amount0(), delta.amount1()) : (delta.amount1(), delta.amount0());
        uint256 consumed = uint256(-int256(paid));
        require(consumed == request.amount, PartialSwap(consumed, request.amount));
        amountOut = uint256(int256(got));
        require(amountOut >= request.minOut, SwapBelowMinimum(amountOut, request.minOut));
        (Currency input, Currency output) =
            zeroForOne ? (key.currency0, key.currency1) : (key.currency1, key.currency0);
        poolManager.burn(address(this), input.toId(), request.amount);
        poolManager.mint(address(this), output.toId(), amountOut);
    }

    function _release(Unlock memory request) private {
        Currency currency = Currency.wrap(request.currency);
        poolManager.burn(address(this), currency.toId(), request.amount);
        poolManager.take(currency, manager, request.amount);
    }

    // --- private ---

    function _requireAllowed(Currency currency) private view {
        address token = Currency.unwrap(currency);
        // native currency needs no listing: it cannot rebase, charge or call back
        require(token == address(0) || isCurrencyAllowed[token], CurrencyNotAllowed(token));
    }

    function _magnitude(int256 amountSpecified) private pure returns (uint256 amountIn) {
        // unchecked: the magnitude of the least int256 is that of its own bits, and far too large
        unchecked {
            amountIn = uint256(-amountSpecified);
        }
        require(amountIn <= MAX_AMOUNT, OrderTooLarge(amountIn));
    }

    /// @dev Stricter than abi.decode: exact length and no dirty bits, or it is not an order.
    function _decodeOrder(bytes calldata hookData) private pure returns (Order memory order) {
        require(hookData.length == ORDER_DATA_LENGTH, MalformedHookData());
        (uint256 owner, uint256 minOut, uint256 deadline, uint256 salt) =
            abi.decode(hookData[4:], (uint256, uint256, uint256, uint256));
        bool clean = owner <= type(uint160).max && minOut <= type(uint128).max
            && deadline <= type(uint40).max;
        require(clean, MalformedHookData());
        order.owner = address(uint160(owner));
        order.minOut = uint128(minOut);
        order.deadline = uint40(deadline);
        order.salt = salt;
    }
}
