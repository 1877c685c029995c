// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Terms of one exact-input, whole-fill order. Its id is the EIP-712 hash of this struct.
struct Order {
    address owner; // beneficiary of the payout and of a refund; the only one who may cancel
    bytes32 poolId; // Uniswap v4 pool id
    bool zeroForOne; // true sells currency0
    uint128 amountIn;
    uint128 minOut; // least payout after the fee
    uint40 deadline; // unix seconds, inclusive
    uint256 salt; // makes the id unique
}

/// @notice One pool's share of a batch, as it is proven.
struct Section {
    bytes32 poolId;
    uint256 priceX128; // currency1 per currency0, times 2^128
    bool remainderZeroForOne; // the heavy side sells currency0
    uint128 remainderIn; // exact input of the one swap on the pool; 0 means no swap
    uint128 minOut; // least output of that swap
    uint16 feeBps;
    bytes32[] orderIds; // strictly ascending
}

/// @notice Where the batch's statement is found in the zkVerify contract.
struct Receipt {
    uint8 route; // 0 groth16, 1 shrink
    uint256 proofNonce; // fifth public input of the groth16 route; ignored by the shrink route
    uint256 aggregationId;
    bytes32[] path;
    uint256 leafCount;
    uint256 index;
}

/// @notice Everything that a proof commits to: six static words, 192 bytes.
struct PublicValues {
    uint256 version;
    uint256 chainId;
    address manager;
    bytes32 ordersRoot;
    bytes32 settlementHash;
    uint256 validUntil;
}

/// @notice What is proven and who says so; fixed for the life of a ReceiptVerifier.
struct Proving {
    address zkVerify; // zkVerify's aggregation contract on this chain
    uint32 domainId; // zkVerify domain whose aggregations are believed
    bytes32 groth16VkHash; // zkVerify's hash of the circuit's verifying key; 0 disables the route
    bytes32 groth16ProgramVkey; // SP1 program vkey, as the circuit's first public input
    bytes32 recursionRoot; // SP1 recursion root, as the circuit's fourth public input
    bytes32 shrinkVkey; // program vkey in the encoding of zkVerify's SP1 pallet; 0 disables the route
}

/// @notice What the owner configures; a change takes effect only after the configuration delay.
struct Config {
    address receiptVerifier; // IReceiptVerifier
    address responseVerifier; // IResponseVerifier
    uint16 feeBps; // fee of each payout, 1/10000
    uint32 cancelDelay; // seconds; a batch is valid for less than that from when it closed
    uint32 maxOrderSpan; // seconds from placing an order to its deadline
}

/// @notice What the owner configures per pool; a pool without settings takes no orders.
struct PoolSettings {
    uint128 minAmountIn0; // least amountIn of an order that sells currency0
    uint128 minAmountIn1;
    uint16 maxPriceDeviationBps; // of the pool's price from a section's, before and after its swap; 1/10000, at most 1000
}

/// @notice Lifecycle of an order id; values of `orderState`.
library OrderStatus {
    uint8 internal constant NONE = 0;
    uint8 internal constant OPEN = 1;
    uint8 internal constant SETTLED = 2;
    uint8 internal constant REFUNDED = 3;
    uint8 internal constant REVOKED = 4; // by its owner before anybody placed it
}

/// @notice Values of `Receipt.route`.
library Route {
    uint8 internal constant GROTH16 = 0;
    uint8 internal constant SHRINK = 1;
}

/// @notice Why an order was refused; codes of `OrderRejected` and `OrderRefused`. 0 means accepted and is never emitted.
library RejectCode {
    uint8 internal constant NONE = 0;
    uint8 internal constant BAD_SIGNATURE = 1; // neither the owner's ECDSA nor ERC-1271 signature
    uint8 internal constant KNOWN_ORDER = 2; // this id was placed or revoked before; never in OrderRejected
    uint8 internal constant EXPIRED = 3; // deadline is in the past
    uint8 internal constant DEADLINE_TOO_FAR = 4; // deadline beyond maxOrderSpan
    uint8 internal constant BELOW_MINIMUM = 5; // amountIn under the pool's minimum
    uint8 internal constant UNKNOWN_POOL = 6; // pool not initialized with this hook, or not listed
    uint8 internal constant ZERO_OWNER = 7;
    uint8 internal constant AMOUNT_TOO_LARGE = 8; // amountIn above 2^127 - 1
    uint8 internal constant NATIVE_INPUT = 9; // signed orders cannot spend native currency
    uint8 internal constant PULL_FAILED = 10; // no allowance, no balance, or not exactly amountIn arrived
    uint8 internal constant POOL_PAUSED = 11;
}
