// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IOrderServiceManager} from "../interfaces/IOrderServiceManager.sol";
import {OrderHash} from "../libraries/OrderHash.sol";
import {Signature} from "../libraries/Signature.sol";
import {Order, OrderStatus, RejectCode} from "../types/Types.sol";
import {Treasury} from "./Treasury.sol";

/// @title Orders from placing to cancel and refund. Terms are never stored: an id commits to them.
abstract contract OrderBook is IOrderServiceManager, Treasury {
    /// @dev One slot. `batchTag` is the tail of the settling batch's publicValuesHash.
    struct OrderState {
        uint8 status;
        uint40 cancelAt;
        uint208 batchTag;
    }

    /// @dev What checking and pulling one signed order may need at most.
    uint256 private constant INTAKE_GAS = Signature.ERC1271_GAS + 300_000;
    uint256 private constant MAX_AMOUNT = uint256(uint128(type(int128).max));

    uint256 private immutable _chainId = block.chainid;
    bytes32 private immutable _separator = OrderHash.domainSeparator(block.chainid, address(this));
    uint32 public taskCount;
    mapping(bytes32 orderId => OrderState) internal _orders;

    // --- placing ---

    /// @inheritdoc IOrderServiceManager
    function createNewTask(Order calldata order)
        external
        nonReentrant
        whenNotPaused
        returns (bytes32 orderId)
    {
        require(msg.sender == address(hook), NotHook());
        _requireHome();
        orderId = orderIdOf(order);
        uint8 code = _refusal(order, orderId);
        require(code == RejectCode.NONE, OrderRefused(orderId, code));
        _open(orderId, order);
    }

    /// @inheritdoc IOrderServiceManager
    function postOrders(Order[] calldata orders, bytes[] calldata signatures)
        external
        nonReentrant
        whenNotPaused
    {
        require(orders.length == signatures.length, LengthMismatch());
        _requireHome();
        _requireLocked();
        for (uint256 i; i < orders.length; ++i) {
            _requireGas(INTAKE_GAS);
            bytes32 orderId = orderIdOf(orders[i]);
            // silent: an event would say that an order was refused which is open
            if (_orders[orderId].status != OrderStatus.NONE) continue;
            uint8 code = _take(orders[i], orderId, signatures[i]);
            if (code == RejectCode.NONE) _open(orderId, orders[i]);
            else emit OrderRejected(orderId, code);
        }
    }

    // --- leaving unsettled ---

    /// @inheritdoc IOrderServiceManager
    function requestCancel(Order calldata order) external nonReentrant {
        bytes32 orderId = orderIdOf(order);
        OrderState storage state = _orders[orderId];
        require(state.status == OrderStatus.OPEN, NotOpen(orderId));
        require(msg.sender == order.owner, NotOrderOwner(orderId));
        require(state.cancelAt == 0, AlreadyCancelling(orderId));
        uint40 cancelAt = uint40(block.timestamp) + _config.cancelDelay;
        state.cancelAt = cancelAt;
        emit CancelRequested(orderId, cancelAt);
    }

    /// @inheritdoc IOrderServiceManager
    function revokeOrder(Order calldata order) external nonReentrant {
        bytes32 orderId = orderIdOf(order);
        require(msg.sender == order.owner, NotOrderOwner(orderId));
        require(_orders[orderId].status == OrderStatus.NONE, AlreadyKnown(orderId));
        _orders[orderId].status = OrderStatus.REVOKED;
        emit OrderRevoked(orderId);
    }

    /// @inheritdoc IOrderServiceManager
    function refund(Order[] calldata orders) external nonReentrant returns (uint256 refunded) {
        for (uint256 i; i < orders.length; ++i) {
            Order calldata order = orders[i];
            bytes32 orderId = orderIdOf(order);
            if (!_isRefundable(orderId, order.deadline)) continue;
            _orders[orderId].status = OrderStatus.REFUNDED;
            (address input,) = _currencies(order.poolId, order.zeroForOne);
            (bool released, uint256 received) = _takeOut(input, order.amountIn);
            if (!released) {
                _orders[orderId].status = OrderStatus.OPEN;
                continue;
            }
            emit OrderRefunded(orderId, order.amountIn);
            _pay(order.owner, input, received);
            ++refunded;
        }
        require(refunded != 0, NothingRefundable());
    }

    /// @inheritdoc IOrderServiceManager
    function refundAsClaims(Order calldata order, address to) external nonReentrant {
        bytes32 orderId = orderIdOf(order);
        require(msg.sender == order.owner, NotOrderOwner(orderId));
        require(to != address(0), ZeroAddress());
        require(_isRefundable(orderId, order.deadline), NotRefundable(orderId));
        _orders[orderId].status = OrderStatus.REFUNDED;
        (address input,) = _currencies(order.poolId, order.zeroForOne);
        hook.transferClaims(input, to, order.amountIn);
        emit OrderRefunded(orderId, order.amountIn);
        emit ClaimsSent(order.owner, input, to, order.amountIn);
    }

    // --- views ---

    /// @inheritdoc IOrderServiceManager
    function orderIdOf(Order calldata order) public view returns (bytes32) {
        return OrderHash.digest(domainSeparator(), OrderHash.structHash(order));
    }

    /// @inheritdoc IOrderServiceManager
    function orderStates(bytes32[] calldata orderIds)
        external
        view
        returns (uint8[] memory statuses, uint40[] memory cancelAts)
    {
        statuses = new uint8[](orderIds.length);
        cancelAts = new uint40[](orderIds.length);
        for (uint256 i; i < orderIds.length; ++i) {
            OrderState storage state = _orders[orderIds[i]];
            (statuses[i], cancelAts[i]) = (state.status, state.cancelAt);
        }
    }

    /// @inheritdoc IOrderServiceManager
    function domainSeparator() public view returns (bytes32) {
        return _separator;
    }

    // --- internal ---

    /// @dev A chain that forked off under another id is not the one that orders were signed for. What is in escrow
    /// can leave there all the same: ids are those of the chain of deployment.
    function _requireHome() internal view {
        require(block.chainid == _chainId, WrongChain(block.chainid));
    }

    function _currencies(bytes32 poolId, bool zeroForOne)
        internal
        view
        returns (address input, address output)
    {
        (address c0, address c1) = hook.poolCurrencies(poolId);
        return zeroForOne ? (c0, c1) : (c1, c0);
    }

    /// @dev Never of an order that a batch may still settle: a valid batch ends by the deadline, and before `cancelAt`.
    function _isRefundable(bytes32 orderId, uint40 deadline) private view returns (bool) {
        OrderState storage state = _orders[orderId];
        (uint8 status, uint40 cancelAt) = (state.status, state.cancelAt);
        bool isCancelled = cancelAt != 0 && block.timestamp >= cancelAt;
        return status == OrderStatus.OPEN && (block.timestamp > deadline || isCancelled);
    }

    function _open(bytes32 orderId, Order calldata order) private {
        _orders[orderId].status = OrderStatus.OPEN;
        emit NewTaskCreated(taskCount++, orderId, order);
    }

    /// @dev Everything about an order that does not depend on how it is paid for.
    function _refusal(Order calldata order, bytes32 orderId) private view returns (uint8) {
        if (_orders[orderId].status != OrderStatus.NONE) return RejectCode.KNOWN_ORDER;
        if (order.owner == address(0)) return RejectCode.ZERO_OWNER;
        if (order.deadline < block.timestamp) return RejectCode.EXPIRED;
        if (order.deadline > block.timestamp + _config.maxOrderSpan) {
            return RejectCode.DEADLINE_TOO_FAR;
        }
        if (order.amountIn > MAX_AMOUNT) return RejectCode.AMOUNT_TOO_LARGE;
        return _poolRefusal(order);
    }

    function _poolRefusal(Order calldata order) private view returns (uint8) {
        Pool storage pool = _pools[order.poolId];
        if (pool.maxPriceDeviationBps == 0) return RejectCode.UNKNOWN_POOL;
        if (pool.paused) return RejectCode.POOL_PAUSED;
        uint128 minimum = order.zeroForOne ? pool.minAmountIn0 : pool.minAmountIn1;
        return order.amountIn < minimum ? RejectCode.BELOW_MINIMUM : RejectCode.NONE;
    }

    /// @dev Checks a signed order and moves its input into escrow; no state is left behind on refusal.
    function _take(Order calldata order, bytes32 orderId, bytes calldata signature)
        private
        returns (uint8 code)
    {
        code = _refusal(order, orderId);
        if (code != RejectCode.NONE) return code;
        (address input,) = _currencies(order.poolId, order.zeroForOne);
        if (input == address(0)) return RejectCode.NATIVE_INPUT;
        if (!Signature.isValid(order.owner, orderId, signature)) return RejectCode.BAD_SIGNATURE;
        try hook.pull(input, order.owner, order.amountIn) {
            return RejectCode.NONE;
        } catch {
            return RejectCode.PULL_FAILED;
        }
    }
}
