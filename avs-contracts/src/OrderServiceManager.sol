// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDarkCoWHook} from "./interfaces/IDarkCoWHook.sol";
import {IOrderServiceManager} from "./interfaces/IOrderServiceManager.sol";
import {IReceiptVerifier} from "./interfaces/IReceiptVerifier.sol";
import {IResponseVerifier} from "./interfaces/IResponseVerifier.sol";
import {BatchRule} from "./libraries/BatchRule.sol";
import {OrderHash} from "./libraries/OrderHash.sol";
import {ZkMerkle} from "./libraries/ZkMerkle.sol";
import {Configuration} from "./manager/Configuration.sol";
import {OrderBook} from "./manager/OrderBook.sol";
import {Treasury} from "./manager/Treasury.sol";
import {Config, Order, OrderStatus, PublicValues, Receipt, Section} from "./types/Types.sol";

/// @title OrderServiceManager
/// @notice Settles proven batches. A batch needs a zkVerify receipt for the statement that this contract
/// computes itself, and a certificate of the operators; limits, recipients, prices and conservation are
/// enforced here whatever those say.
contract OrderServiceManager is OrderBook {
    uint256 private constant PUBLIC_VALUES_LENGTH = 192;
    uint256 private constant PUBLIC_VALUES_VERSION = 1;
    uint256 private constant MAX_REASON = 260;
    /// @dev Gas of a section's self-call without its swap: with the pool's `swapGas` fixed before the call, so that no
    /// poster can starve a section and no section the others.
    uint256 public constant SECTION_GAS = 500_000;
    uint256 public constant SECTION_GAS_PER_ORDER = 30_000;

    mapping(bytes32 publicValuesHash => bytes32) private _settledTrees;
    mapping(bytes32 replayKey => bool) private _settledSections;

    constructor(IDarkCoWHook hook_, address owner_, uint32 configDelay_, Config memory config_)
        Configuration(hook_, owner_, configDelay_, config_)
        Treasury(hook_)
    {}

    // --- settlement ---

    /// @inheritdoc IOrderServiceManager
    function respondToBatch(
        bytes calldata publicValues,
        Section[] calldata sections,
        Order[] calldata orders,
        Receipt calldata receipt,
        bytes calldata certificate
    ) external nonReentrant whenNotPaused returns (uint256 settledSections) {
        _requireLocked();
        PublicValues memory values = _decode(publicValues);
        _requireCommitted(values, sections, orders.length);
        _requireReceipt(publicValues, receipt);
        bytes32 batch = keccak256(publicValues);
        _requireCertificate(batch, certificate);
        return _settle(batch, values, sections, orders);
    }

    /// @notice One section, alone: a self-call of respondToBatch, so that its failure is rolled back alone.
    /// @dev Reverts with the reasons of SectionSkipped.
    function settleSection(
        bytes32 batch,
        uint256 validUntil,
        Section calldata section,
        Order[] calldata orders
    ) external returns (address currency0, address currency1, uint256[] memory nets) {
        require(msg.sender == address(this), NotSelf());
        bytes32 key = _replayKey(batch, section.poolId);
        require(!_settledSections[key], SectionAlreadySettled());
        _settledSections[key] = true;
        require(section.feeBps == _config.feeBps, WrongFee(section.feeBps));
        _closeOrders(batch, validUntil, section.orderIds, orders);
        BatchRule.Matching memory matching = BatchRule.matchSides(section, orders, validUntil);
        _requirePrice(section);
        (currency0, currency1) = _currencies(section.poolId, true);
        nets = matching.nets;
        _execute(batch, section, orders, matching, currency0, currency1);
    }

    // --- views ---

    /// @inheritdoc IOrderServiceManager
    function verifyOrder(
        bytes32 orderId,
        bytes32 publicValuesHash,
        bytes32[] calldata path,
        uint256 leafCount,
        uint256 index
    ) external view returns (bool) {
        OrderState storage state = _orders[orderId];
        bool settledHere =
            state.status == OrderStatus.SETTLED && state.batchTag == _batchTag(publicValuesHash);
        bool hasPath = index < leafCount && path.length == ZkMerkle.pathLength(leafCount, index);
        if (!settledHere || !hasPath) return false;
        bytes32 root = ZkMerkle.rootOfPath(orderId, path, leafCount, index);
        return _treeOf(root, leafCount) == _settledTrees[publicValuesHash];
    }

    /// @inheritdoc IOrderServiceManager
    function sectionSettled(bytes32 publicValuesHash, bytes32 poolId) external view returns (bool) {
        return _settledSections[_replayKey(publicValuesHash, poolId)];
    }

    /// @inheritdoc IOrderServiceManager
    function responseDigest(bytes32 publicValuesHash) public view returns (bytes32) {
        return OrderHash.digest(domainSeparator(), OrderHash.responseHash(publicValuesHash));
    }

    // --- what a batch must show ---

    function _decode(bytes calldata raw) private view returns (PublicValues memory values) {
        bool canonical = raw.length == PUBLIC_VALUES_LENGTH && uint96(bytes12(raw[64:76])) == 0;
        require(canonical, MalformedPublicValues());
        values = abi.decode(raw, (PublicValues));
        require(values.version == PUBLIC_VALUES_VERSION, WrongVersion(values.version));
        _requireHome();
        require(values.chainId == block.chainid, WrongChain(values.chainId));
        require(values.manager == address(this), WrongManager(values.manager));
        require(block.timestamp <= values.validUntil, BatchExpired(values.validUntil));
    }

    function _requireCommitted(
        PublicValues memory values,
        Section[] calldata sections,
        uint256 orderCount
    ) private pure {
        require(sections.length != 0, NoSections());
        require(keccak256(abi.encode(sections)) == values.settlementHash, WrongSettlementHash());
        require(
            ZkMerkle.root(_collectIds(sections, orderCount)) == values.ordersRoot, WrongOrdersRoot()
        );
    }

    function _collectIds(Section[] calldata sections, uint256 orderCount)
        private
        pure
        returns (bytes32[] memory ids)
    {
        ids = new bytes32[](orderCount);
        uint256 next;
        for (uint256 i; i < sections.length; ++i) {
            bool ascending = i == 0 || sections[i - 1].poolId < sections[i].poolId;
            require(ascending, PoolsNotAscending(i));
            bytes32[] calldata part = sections[i].orderIds;
            require(next + part.length <= orderCount, LengthMismatch());
            for (uint256 j; j < part.length; ++j) {
                ids[next++] = part[j];
            }
        }
        require(next == orderCount, LengthMismatch());
    }

    function _requireReceipt(bytes calldata publicValues, Receipt calldata receipt) private view {
        bool verified =
            IReceiptVerifier(_config.receiptVerifier).verifyReceipt(publicValues, receipt);
        require(verified, ReceiptNotVerified());
    }

    function _requireCertificate(bytes32 batch, bytes calldata certificate) private view {
        bool verified = IResponseVerifier(_config.responseVerifier)
            .verifyResponse(batch, responseDigest(batch), certificate);
        require(verified, CertificateNotVerified());
    }

    // --- settling ---

    function _settle(
        bytes32 batch,
        PublicValues memory values,
        Section[] calldata sections,
        Order[] calldata orders
    ) private returns (uint256 settledSections) {
        Payout[] memory payouts = new Payout[](orders.length);
        uint256 paid;
        uint256 offset;
        for (uint256 i; i < sections.length; ++i) {
            uint256 end = offset + sections[i].orderIds.length;
            Order[] calldata part = orders[offset:end];
            if (_trySection(batch, values.validUntil, sections[i], part, payouts, paid)) {
                ++settledSections;
                paid += part.length;
            }
            offset = end;
        }
        if (settledSections == 0) return 0;
        _settledTrees[batch] = _treeOf(values.ordersRoot, orders.length);
        emit BatchSettled(batch, values.ordersRoot, settledSections, paid);
        assembly ("memory-safe") {
            // the array only shrinks: what failed sections would have paid is cut off
            mstore(payouts, paid)
        }
        _payNetted(payouts);
    }

    function _trySection(
        bytes32 batch,
        uint256 validUntil,
        Section calldata section,
        Order[] calldata orders,
        Payout[] memory payouts,
        uint256 paid
    ) private returns (bool ok) {
        bytes memory data;
        uint256 budget =
            SECTION_GAS + _pools[section.poolId].swapGas + SECTION_GAS_PER_ORDER * orders.length;
        (ok, data) = _callSection(
            budget, abi.encodeCall(this.settleSection, (batch, validUntil, section, orders))
        );
        if (!ok) {
            emit SectionSkipped(batch, section.poolId, data);
            return false;
        }
        (address currency0, address currency1, uint256[] memory nets) =
            abi.decode(data, (address, address, uint256[]));
        for (uint256 i; i < orders.length; ++i) {
            payouts[paid + i] = Payout({
                recipient: orders[i].owner,
                currency: orders[i].zeroForOne ? currency1 : currency0,
                amount: nets[i]
            });
        }
    }

    /// @dev The budget is checked right before the call, when nothing else can eat into it. Of a failure only
    /// the beginning of the reason is copied.
    function _callSection(uint256 budget, bytes memory data)
        private
        returns (bool ok, bytes memory result)
    {
        _requireGas(budget + 5_000);
        assembly ("memory-safe") {
            ok := call(budget, address(), 0, add(data, 0x20), mload(data), 0, 0)
        }
        uint256 size;
        assembly ("memory-safe") {
            size := returndatasize()
        }
        if (!ok && size > MAX_REASON) size = MAX_REASON;
        result = new bytes(size);
        assembly ("memory-safe") {
            returndatacopy(add(result, 0x20), 0, size)
        }
    }

    /// @dev Marks every order settled; each must be open, at its place, and not cancelled before the batch closed. A
    /// batch is valid for less than `cancelDelay` after it closed, so it outlives no cancel that was requested before;
    /// a cancel that was requested later takes effect only after the batch has ended.
    function _closeOrders(
        bytes32 batch,
        uint256 validUntil,
        bytes32[] calldata ids,
        Order[] calldata orders
    ) private {
        uint208 tag = _batchTag(batch);
        for (uint256 i; i < ids.length; ++i) {
            bytes32 orderId = ids[i];
            require(i == 0 || ids[i - 1] < orderId, OrderIdsNotAscending(i));
            require(orderIdOf(orders[i]) == orderId, OrderIdMismatch(i));
            OrderState storage state = _orders[orderId];
            (uint8 status, uint40 cancelAt) = (state.status, state.cancelAt);
            require(status == OrderStatus.OPEN, NotOpen(orderId));
            require(cancelAt == 0 || validUntil < cancelAt, OrderCancelled(orderId));
            _orders[orderId] = OrderState(OrderStatus.SETTLED, cancelAt, tag);
        }
    }

    function _requirePrice(Section calldata section) private view {
        Pool storage pool = _pools[section.poolId];
        uint256 deviation = pool.maxPriceDeviationBps;
        require(deviation != 0, PoolNotListed(section.poolId));
        require(!pool.paused, PoolIsPaused(section.poolId));
        hook.requirePrice(section.poolId, section.priceX128, deviation);
    }

    /// @dev Swap, shares, ledger, and the payouts' sums out of escrow. Orders are final already.
    function _execute(
        bytes32 batch,
        Section calldata section,
        Order[] calldata orders,
        BatchRule.Matching memory matching,
        address currency0,
        address currency1
    ) private {
        uint256 swapOut;
        if (section.remainderIn != 0) {
            swapOut = hook.swapRemainder(
                section.poolId,
                section.remainderZeroForOne,
                section.remainderIn,
                section.minOut,
                section.priceX128,
                _pools[section.poolId].maxPriceDeviationBps
            );
        }
        (uint256 ledger0, uint256 ledger1) = BatchRule.share(matching, section, orders, swapOut);
        _accrueFee(currency0, ledger0);
        _accrueFee(currency1, ledger1);
        _release(section, orders, matching.nets, currency0, currency1);
        emit SectionSettled(batch, section.poolId, section.remainderIn, swapOut, ledger0, ledger1);
    }

    function _release(
        Section calldata section,
        Order[] calldata orders,
        uint256[] memory nets,
        address currency0,
        address currency1
    ) private {
        uint256 total0;
        uint256 total1;
        for (uint256 i; i < orders.length; ++i) {
            if (orders[i].zeroForOne) total1 += nets[i];
            else total0 += nets[i];
            emit OrderSettled(section.orderIds[i], nets[i]);
        }
        _takeOutAll(currency0, total0);
        _takeOutAll(currency1, total1);
    }

    function _takeOutAll(address currency, uint256 amount) private {
        if (amount == 0) return;
        (, uint256 received) = _takeOut(currency, amount);
        require(received >= amount, TransferFailed());
    }

    function _replayKey(bytes32 batch, bytes32 poolId) private pure returns (bytes32) {
        return keccak256(abi.encode(batch, poolId));
    }

    /// @dev Root and number of leaves in one slot: a path says at which index it leads there only for a known number.
    function _treeOf(bytes32 root, uint256 leafCount) private pure returns (bytes32) {
        return keccak256(abi.encode(root, leafCount));
    }

    function _batchTag(bytes32 publicValuesHash) private pure returns (uint208) {
        return uint208(uint256(publicValuesHash));
    }
}
