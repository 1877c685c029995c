// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IDarkCoWHook} from "../interfaces/IDarkCoWHook.sol";
import {IOrderServiceManager} from "../interfaces/IOrderServiceManager.sol";
import {IReceiptVerifier} from "../interfaces/IReceiptVerifier.sol";
import {PriceRange} from "../libraries/PriceRange.sol";
import {Config, PoolSettings, Proving} from "../types/Types.sol";

/// @title What the owner may change, and only after a delay that everyone can watch.
abstract contract Configuration is IOrderServiceManager, Ownable2Step, Pausable {
    uint16 internal constant BPS = 10_000;
    uint32 private constant MAX_CANCEL_DELAY = 7 days;
    uint256 private constant MAX_SWAP_GAS = 5_000_000;
    /// @dev For how long a change may be applied: one that was announced long ago surprises as if it had not been.
    uint256 private constant CHANGE_LIFETIME = 14 days;

    IDarkCoWHook public immutable hook;
    uint32 public immutable configDelay;
    Config internal _config;

    /// @dev The settings, and the gas of a remainder's swap that follows from them and from the pool.
    struct Pool {
        uint128 minAmountIn0;
        uint128 minAmountIn1;
        uint16 maxPriceDeviationBps;
        uint32 swapGas;
        bool paused;
    }

    mapping(bytes32 poolId => Pool) internal _pools;
    mapping(bytes32 changeId => uint256) public changeReadyAt;
    /// @inheritdoc IOrderServiceManager
    address public guardian;

    constructor(IDarkCoWHook hook_, address owner_, uint32 configDelay_, Config memory config_)
        Ownable(owner_)
    {
        hook = hook_;
        configDelay = configDelay_;
        _setConfig(keccak256(abi.encode(config_)), config_);
    }

    modifier onlyGuard() {
        require(msg.sender == guardian || msg.sender == owner(), NotGuardian());
        _;
    }

    // --- owner ---

    /// @inheritdoc IOrderServiceManager
    function listPool(bytes32 poolId, PoolSettings memory settings) external onlyOwner {
        require(_pools[poolId].maxPriceDeviationBps == 0, PoolAlreadyListed(poolId));
        _setPool(poolId, settings);
    }

    /// @inheritdoc IOrderServiceManager
    function proposePoolSettings(bytes32 poolId, PoolSettings memory settings)
        external
        onlyOwner
        returns (bytes32 changeId)
    {
        changeId = keccak256(abi.encode(poolId, settings));
        emit PoolSettingsProposed(changeId, poolId, settings, _propose(changeId));
    }

    /// @inheritdoc IOrderServiceManager
    function applyPoolSettings(bytes32 poolId, PoolSettings memory settings) external onlyOwner {
        _consume(keccak256(abi.encode(poolId, settings)));
        _setPool(poolId, settings);
    }

    /// @inheritdoc IOrderServiceManager
    function proposeConfig(Config memory config_) external onlyOwner returns (bytes32 changeId) {
        changeId = keccak256(abi.encode(config_));
        Proving memory proving = IReceiptVerifier(config_.receiptVerifier).proving();
        emit ConfigProposed(changeId, config_, proving, _propose(changeId));
    }

    /// @inheritdoc IOrderServiceManager
    function applyConfig(Config memory config_) external onlyOwner {
        bytes32 changeId = keccak256(abi.encode(config_));
        _consume(changeId);
        _setConfig(changeId, config_);
    }

    /// @inheritdoc IOrderServiceManager
    function cancelChange(bytes32 changeId) external onlyOwner {
        require(changeReadyAt[changeId] != 0, ChangeNotProposed(changeId));
        delete changeReadyAt[changeId];
        emit ChangeCancelled(changeId);
    }

    /// @inheritdoc IOrderServiceManager
    function setGuardian(address guardian_) external onlyOwner {
        guardian = guardian_;
        emit GuardianSet(guardian_);
    }

    /// @inheritdoc IOrderServiceManager
    function pause() external onlyGuard {
        _pause();
    }

    /// @inheritdoc IOrderServiceManager
    function pausePool(bytes32 poolId) external onlyGuard {
        _pausePool(poolId, true);
    }

    /// @inheritdoc IOrderServiceManager
    function unpausePool(bytes32 poolId) external onlyOwner {
        _pausePool(poolId, false);
    }

    /// @inheritdoc IOrderServiceManager
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @notice Never: nothing could be unpaused, collected or replaced any more.
    function renounceOwnership() public pure override {
        revert CannotRenounce();
    }

    // --- views ---

    /// @inheritdoc IOrderServiceManager
    function config() external view returns (Config memory) {
        return _config;
    }

    /// @inheritdoc IOrderServiceManager
    function poolSettings(bytes32 poolId) public view returns (PoolSettings memory) {
        Pool storage pool = _pools[poolId];
        return PoolSettings(pool.minAmountIn0, pool.minAmountIn1, pool.maxPriceDeviationBps);
    }

    /// @inheritdoc IOrderServiceManager
    function isPoolPaused(bytes32 poolId) external view returns (bool) {
        return _pools[poolId].paused;
    }

    // --- internal ---

    function _pausePool(bytes32 poolId, bool paused_) private {
        _pools[poolId].paused = paused_;
        emit PoolPaused(poolId, paused_);
    }

    function _propose(bytes32 changeId) private returns (uint256 readyAt) {
        readyAt = block.timestamp + configDelay;
        changeReadyAt[changeId] = readyAt;
    }

    function _consume(bytes32 changeId) private {
        uint256 readyAt = changeReadyAt[changeId];
        require(readyAt != 0, ChangeNotProposed(changeId));
        require(block.timestamp >= readyAt, ChangeNotReady(readyAt));
        require(block.timestamp <= readyAt + CHANGE_LIFETIME, ChangeExpired(readyAt));
        delete changeReadyAt[changeId];
    }

    function _setPool(bytes32 poolId, PoolSettings memory settings) private {
        uint16 deviation = settings.maxPriceDeviationBps;
        bool valid = deviation != 0 && deviation <= PriceRange.MAX_DEVIATION_BPS
            && settings.minAmountIn0 != 0 && settings.minAmountIn1 != 0;
        require(valid, InvalidPoolSettings());
        uint256 swapGas = hook.swapGas(poolId, deviation);
        require(swapGas <= MAX_SWAP_GAS, TooManyTicks(swapGas));
        Pool storage pool = _pools[poolId];
        pool.minAmountIn0 = settings.minAmountIn0;
        pool.minAmountIn1 = settings.minAmountIn1;
        pool.maxPriceDeviationBps = deviation;
        pool.swapGas = uint32(swapGas);
        emit PoolSettingsApplied(poolId, settings);
    }

    function _setConfig(bytes32 changeId, Config memory c) private {
        bool code = c.receiptVerifier.code.length != 0 && c.responseVerifier.code.length != 0;
        bool isCancellable = c.cancelDelay != 0 && c.cancelDelay <= MAX_CANCEL_DELAY;
        bool ranges = c.feeBps <= BPS && isCancellable && c.maxOrderSpan != 0;
        require(code && ranges, InvalidConfig());
        _config = c;
        emit ConfigApplied(changeId, c);
    }
}
