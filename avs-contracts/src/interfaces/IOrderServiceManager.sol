// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Config, Order, PoolSettings, Proving, Receipt, Section} from "../types/Types.sol";
import {IDarkCoWHook} from "./IDarkCoWHook.sol";

/// @title The AVS's one door: orders, cancels, refunds, settlement, credits, configuration.
interface IOrderServiceManager {
    // --- events: an auditor needs these and the token and claim transfers, nothing else ---

    /// @notice An order is open and its input is in escrow. `taskIndex` is a label only.
    event NewTaskCreated(uint32 indexed taskIndex, bytes32 indexed orderId, Order order);
    /// @notice A posting of a signed order was refused and left no state; codes in the library RejectCode. Never of an
    /// order that is open, or was: posting such a one again does nothing.
    event OrderRejected(bytes32 indexed orderId, uint8 code);
    event CancelRequested(bytes32 indexed orderId, uint40 cancelAt);
    event OrderRefunded(bytes32 indexed orderId, uint256 amount);
    /// @notice The owner made sure that nobody can place this order any more.
    event OrderRevoked(bytes32 indexed orderId);
    /// @notice `payout` is after the fee, in the currency that the order buys.
    event OrderSettled(bytes32 indexed orderId, uint256 payout);
    event SectionSettled(
        bytes32 indexed publicValuesHash,
        bytes32 indexed poolId,
        uint256 swapIn,
        uint256 swapOut,
        uint256 ledger0,
        uint256 ledger1
    );
    /// @notice A section was rolled back alone. `key` is the publicValuesHash; with `poolId` it is the
    /// replay key. `reason` is the revert data, cut at 260 bytes.
    event SectionSkipped(bytes32 indexed key, bytes32 indexed poolId, bytes reason);
    /// @notice `sections` and `orders` count what this call settled; emitted only if that is not zero.
    event BatchSettled(
        bytes32 indexed publicValuesHash, bytes32 ordersRoot, uint256 sections, uint256 orders
    );
    event PayoutSent(address indexed recipient, address indexed currency, uint256 amount);
    /// @notice A payout could not be delivered: the manager holds it for its owner.
    event CreditAdded(address indexed owner, address indexed currency, uint256 amount);
    /// @notice A refund left as claims of the PoolManager (ERC-6909).
    event ClaimsSent(address indexed owner, address indexed currency, address to, uint256 amount);
    event CreditWithdrawn(
        address indexed owner, address indexed currency, address to, uint256 amount
    );
    /// @notice Fees and dust of one section, in escrow until collected.
    event FeeAccrued(address indexed currency, uint256 amount);
    event FeesCollected(address indexed currency, address indexed to, uint256 amount);
    /// @notice `proving` is what the proposed receipt verifier says of itself.
    event ConfigProposed(bytes32 indexed changeId, Config config, Proving proving, uint256 readyAt);
    event ConfigApplied(bytes32 indexed changeId, Config config);
    event PoolSettingsProposed(
        bytes32 indexed changeId, bytes32 indexed poolId, PoolSettings settings, uint256 readyAt
    );
    event PoolSettingsApplied(bytes32 indexed poolId, PoolSettings settings);
    event ChangeCancelled(bytes32 indexed changeId);
    event GuardianSet(address indexed guardian);
    event PoolPaused(bytes32 indexed poolId, bool paused);

    // --- errors of the calls ---

    error NotOrderOwner(bytes32 orderId);
    error NotOpen(bytes32 orderId);
    error AlreadyCancelling(bytes32 orderId);
    error NotRefundable(bytes32 orderId);
    error NothingRefundable();
    error AlreadyKnown(bytes32 orderId);
    error OrderRefused(bytes32 orderId, uint8 code);
    error LengthMismatch();
    error NothingToWithdraw();
    error TransferFailed();
    error NotHook();
    error NotSelf();
    error NotPoolManager();
    error ZeroAddress();
    error PoolManagerUnlocked();
    error InsufficientGas(uint256 needed);

    // --- errors of a batch: the whole call reverts ---

    error MalformedPublicValues();
    error WrongVersion(uint256 version);
    error WrongChain(uint256 chainId);
    error WrongManager(address manager);
    error BatchExpired(uint256 validUntil);
    error WrongSettlementHash();
    error WrongOrdersRoot();
    error NoSections();
    error PoolsNotAscending(uint256 index);
    error ReceiptNotVerified();
    error CertificateNotVerified();

    // --- errors of a section: reasons of SectionSkipped ---

    error SectionAlreadySettled();
    error PoolNotListed(bytes32 poolId);
    error PoolIsPaused(bytes32 poolId);
    error WrongFee(uint16 feeBps);
    error OrderIdsNotAscending(uint256 index);
    error OrderIdMismatch(uint256 index);
    error OrderCancelled(bytes32 orderId);

    // --- errors of the configuration ---

    error InvalidConfig();
    error InvalidPoolSettings();
    error PoolAlreadyListed(bytes32 poolId);
    error TooManyTicks(uint256 swapGas);
    error ChangeNotProposed(bytes32 changeId);
    error ChangeNotReady(uint256 readyAt);
    error ChangeExpired(uint256 readyAt);
    error NotGuardian();
    error CannotRenounce();

    // --- traders and relayers ---

    /// @notice Places signed orders; the tokens come from each owner's allowance to `hook()`.
    /// @dev A bad order emits OrderRejected and is skipped; one that was placed or revoked before is skipped silently.
    /// Reverts: LengthMismatch, EnforcedPause, InsufficientGas, PoolManagerUnlocked, WrongChain.
    function postOrders(Order[] calldata orders, bytes[] calldata signatures) external;

    /// @notice Asks for the order back; it takes effect `cancelDelay` later. A batch that closed before may still settle
    /// it until then, one that closes later cannot. Only the owner, also when paused.
    /// @dev Reverts: NotOpen, NotOrderOwner, AlreadyCancelling.
    function requestCancel(Order calldata order) external;

    /// @notice Makes sure that an order that was signed and not placed never is. Only the owner, also when paused.
    /// @dev Reverts: NotOrderOwner, AlreadyKnown.
    function revokeOrder(Order calldata order) external;

    /// @notice Returns those of the orders that are expired or cancelled to their owners. Anyone, also when paused.
    /// @return refunded how many of them; an order whose token cannot be moved now is left as it is
    /// @dev Reverts NothingRefundable if it is none.
    function refund(Order[] calldata orders) external returns (uint256 refunded);

    /// @notice Returns an expired or cancelled order as claims of the PoolManager, which move without the token: the way
    /// out where a token refuses this contract. Only the owner, also when paused.
    /// @dev Reverts: NotOrderOwner, NotRefundable, ZeroAddress.
    function refundAsClaims(Order calldata order, address to) external;

    /// @notice Pays the caller's credit out to `to`. Also when paused.
    /// @dev Reverts: NothingToWithdraw, TransferFailed, ZeroAddress.
    function withdrawCredit(address currency, address to) external;

    /// @notice Pays a credit out to its owner, with all the gas that is left. Anyone, also when paused.
    /// @dev Reverts: NothingToWithdraw, TransferFailed.
    function pushCredit(address owner, address currency) external;

    // --- settlement ---

    /// @notice Settles a proven batch, section by section.
    /// @param orders full terms of all orders, concatenated in section order
    /// @return settledSections how many sections this call settled
    function respondToBatch(
        bytes calldata publicValues,
        Section[] calldata sections,
        Order[] calldata orders,
        Receipt calldata receipt,
        bytes calldata certificate
    ) external returns (uint256 settledSections);

    /// @notice Called by the hook for a swap that is an order.
    /// @dev Reverts OrderRefused(orderId, code), NotHook, EnforcedPause.
    function createNewTask(Order calldata order) external returns (bytes32 orderId);

    // --- views ---

    function hook() external view returns (IDarkCoWHook);
    function credits(address owner, address currency) external view returns (uint256);
    function totalCredits(address currency) external view returns (uint256);
    function feesAccrued(address currency) external view returns (uint256);

    /// @notice Whether the order was settled by this batch and is leaf `index` of the `leafCount` of its orders' tree.
    function verifyOrder(
        bytes32 orderId,
        bytes32 publicValuesHash,
        bytes32[] calldata path,
        uint256 leafCount,
        uint256 index
    ) external view returns (bool);

    /// @return statuses 0 none, 1 open, 2 settled, 3 refunded, 4 revoked
    /// @return cancelAts unix seconds from which a cancel is effective; 0 if none was requested
    function orderStates(bytes32[] calldata orderIds)
        external
        view
        returns (uint8[] memory statuses, uint40[] memory cancelAts);
    function orderIdOf(Order calldata order) external view returns (bytes32);
    function domainSeparator() external view returns (bytes32);

    /// @notice EIP-712 digest that operators sign: `Response(bytes32 publicValuesHash)`.
    function responseDigest(bytes32 publicValuesHash) external view returns (bytes32);
    function sectionSettled(bytes32 publicValuesHash, bytes32 poolId) external view returns (bool);

    function taskCount() external view returns (uint32);

    // --- configuration ---

    function config() external view returns (Config memory);
    function poolSettings(bytes32 poolId) external view returns (PoolSettings memory);
    function configDelay() external view returns (uint32);

    /// @notice When a proposed change may be applied; 0 if it was not proposed.
    function changeReadyAt(bytes32 changeId) external view returns (uint256);

    /// @notice Admits orders of a pool of the hook that has no settings yet, at once. Owner.
    /// @dev Reverts: InvalidPoolSettings, PoolAlreadyListed, UnknownPool, and TooManyTicks where the range is so wide for
    /// the pool's tick spacing that a remainder's swap could need more gas than a section may have.
    function listPool(bytes32 poolId, PoolSettings calldata settings) external;
    function proposePoolSettings(bytes32 poolId, PoolSettings calldata settings)
        external
        returns (bytes32 changeId);
    function applyPoolSettings(bytes32 poolId, PoolSettings calldata settings) external;
    function proposeConfig(Config calldata config_) external returns (bytes32 changeId);
    function applyConfig(Config calldata config_) external;
    function cancelChange(bytes32 changeId) external;

    /// @notice Who may stop everything, or one pool, at once; never what leaves. Owner.
    function setGuardian(address guardian_) external;
    function guardian() external view returns (address);

    /// @notice Stops intake and settlement, of everything or of one pool. Guardian or owner.
    function pause() external;
    function pausePool(bytes32 poolId) external;

    /// @notice Owner alone.
    function unpause() external;
    function unpausePool(bytes32 poolId) external;
    function isPoolPaused(bytes32 poolId) external view returns (bool);

    /// @notice Pays out the fee ledger of a currency. Owner.
    function collectFees(address currency, address to) external;
}
