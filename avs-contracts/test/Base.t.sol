// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {IHooks} from "v4-core/interfaces/IHooks.sol";
import {IPoolManager} from "v4-core/interfaces/IPoolManager.sol";
import {FullMath} from "v4-core/libraries/FullMath.sol";
import {Currency} from "v4-core/types/Currency.sol";
import {PoolKey} from "v4-core/types/PoolKey.sol";
import {ModifyLiquidityParams} from "v4-core/types/PoolOperation.sol";
import {AllowListVerifier} from "../src/AllowListVerifier.sol";
import {DarkCoWHook} from "../src/DarkCoWHook.sol";
import {OrderServiceManager} from "../src/OrderServiceManager.sol";
import {ReceiptVerifier} from "../src/ReceiptVerifier.sol";
import {RemainderQuoter} from "../src/RemainderQuoter.sol";
import {DevSwapRouter} from "../src/devnet/DevSwapRouter.sol";
import {DevToken} from "../src/devnet/DevToken.sol";
import {ZkVerifyAggregation} from "../src/devnet/ZkVerifyAggregation.sol";
import {IDarkCoWHook} from "../src/interfaces/IDarkCoWHook.sol";
import {IOrderServiceManager} from "../src/interfaces/IOrderServiceManager.sol";
import {ZkMerkle} from "../src/libraries/ZkMerkle.sol";
import {
    Config,
    Order,
    PoolSettings,
    Proving,
    PublicValues,
    Receipt as ZkReceipt,
    Section
} from "../src/types/Types.sol";

interface ILiquidityRouter {
    function modifyLiquidity(
        PoolKey memory key,
        ModifyLiquidityParams memory params,
        bytes memory hookData
    ) external payable returns (int256);
}

/// @dev The whole system around the real PoolManager: two pools, liquidity, a router, operators' keys.
abstract contract Base is Test {
    address internal constant HOOK_ADDRESS =
        address(uint160(0xDA2C0000000000000000000000000000000020 << 8 | 0x88));
    uint256 internal constant Q128 = 1 << 128;
    uint256 internal constant SIGNER_KEY_1 = 0xA11CE;
    uint256 internal constant SIGNER_KEY_2 = 0xB0B;
    uint160 internal constant SQRT_PRICE_ONE = 1 << 96;
    uint40 internal constant SPAN = 1 days;
    uint32 internal constant CANCEL_DELAY = 10 minutes;
    uint16 internal constant FEE_BPS = 30;
    uint32 internal constant DOMAIN = 7;

    IPoolManager internal pool;
    DarkCoWHook internal hook;
    OrderServiceManager internal manager;
    ZkVerifyAggregation internal zkVerify;
    ReceiptVerifier internal receipts;
    AllowListVerifier internal verifier;
    RemainderQuoter internal quoter;
    DevSwapRouter internal router;
    DevToken internal token0;
    DevToken internal token1;
    PoolKey internal keyTokens; // token0 / token1
    PoolKey internal keyNative; // native / token1
    bytes32 internal idTokens;
    bytes32 internal idNative;
    ILiquidityRouter internal liquidity;
    uint256 internal nextAggregation = 1;
    uint256 internal nextSalt = 1;

    address internal alice;
    uint256 internal aliceKey;
    address internal bob;
    uint256 internal bobKey;
    address internal carol = makeAddr("carol");

    receive() external payable {}

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        (alice, aliceKey) = makeAddrAndKey("alice");
        (bob, bobKey) = makeAddrAndKey("bob");
        pool = IPoolManager(_artifact("PoolManager", abi.encode(address(this))));
        liquidity = ILiquidityRouter(_artifact("PoolModifyLiquidityTest", abi.encode(pool)));
        deployCodeTo("DarkCoWHook.sol", abi.encode(pool, address(this)), HOOK_ADDRESS);
        hook = DarkCoWHook(HOOK_ADDRESS);
        zkVerify = new ZkVerifyAggregation(address(this), address(this));
        receipts = new ReceiptVerifier(_proving());
        verifier = _deployVerifier();
        manager = new OrderServiceManager(hook, address(this), 2 days, _config());
        hook.setManager(address(manager));
        quoter = new RemainderQuoter(hook);
        router = new DevSwapRouter(pool);
        _deployTokens();
        (keyTokens, idTokens) = _createPool(address(token0), address(token1));
        (keyNative, idNative) = _createPool(address(0), address(token1));
        _fund(alice);
        _fund(bob);
        _fund(carol);
    }

    // --- set-up ---

    function _artifact(string memory name, bytes memory args) internal returns (address) {
        string memory path =
            string.concat("node_modules/@uniswap/v4-core/out/", name, ".sol/", name, ".json");
        return deployCode(path, args);
    }

    function _config() internal view returns (Config memory) {
        return Config({
            receiptVerifier: address(receipts),
            responseVerifier: address(verifier),
            feeBps: FEE_BPS,
            cancelDelay: CANCEL_DELAY,
            maxOrderSpan: uint32(SPAN)
        });
    }

    function _proving() internal view returns (Proving memory) {
        return Proving({
            zkVerify: address(zkVerify),
            domainId: DOMAIN,
            groth16VkHash: keccak256("circuit"),
            groth16ProgramVkey: bytes32(uint256(0xc0ffee)),
            recursionRoot: bytes32(uint256(0xbeef)),
            shrinkVkey: keccak256("shrink")
        });
    }

    function _deployVerifier() internal returns (AllowListVerifier) {
        address[] memory signers = new address[](2);
        uint256[] memory weights = new uint256[](2);
        (signers[0], signers[1]) = (vm.addr(SIGNER_KEY_1), vm.addr(SIGNER_KEY_2));
        (weights[0], weights[1]) = (60, 40);
        return new AllowListVerifier(address(this), signers, weights, 60);
    }

    function _deployTokens() internal {
        DevToken a = new DevToken("A", "A", 18);
        DevToken b = new DevToken("B", "B", 18);
        (token0, token1) = address(a) < address(b) ? (a, b) : (b, a);
        hook.setCurrencyAllowed(address(token0), true);
        hook.setCurrencyAllowed(address(token1), true);
        token0.mint(address(this), 1e30);
        token1.mint(address(this), 1e30);
        token0.approve(address(liquidity), type(uint256).max);
        token1.approve(address(liquidity), type(uint256).max);
        vm.deal(address(this), 1e27);
    }

    function _createPool(address currency0, address currency1)
        internal
        returns (PoolKey memory key, bytes32 poolId)
    {
        (key, poolId) = _createPoolWithoutLiquidity(currency0, currency1);
        uint256 value = currency0 == address(0) ? 1e24 : 0;
        liquidity.modifyLiquidity{value: value}(
            key, ModifyLiquidityParams(-60000, 60000, 1e23, 0), ""
        );
    }

    function _createPoolWithoutLiquidity(address currency0, address currency1)
        internal
        returns (PoolKey memory key, bytes32 poolId)
    {
        key = PoolKey(
            Currency.wrap(currency0), Currency.wrap(currency1), 3000, 60, IHooks(address(hook))
        );
        poolId = keccak256(abi.encode(key));
        pool.initialize(key, SQRT_PRICE_ONE);
        manager.listPool(poolId, PoolSettings(1000, 1000, 500));
    }

    function _fund(address trader) internal {
        token0.mint(trader, 1e24);
        token1.mint(trader, 1e24);
        vm.deal(trader, 1e24);
        vm.startPrank(trader);
        token0.approve(address(router), type(uint256).max);
        token1.approve(address(router), type(uint256).max);
        token0.approve(address(hook), type(uint256).max);
        token1.approve(address(hook), type(uint256).max);
        vm.stopPrank();
    }

    // --- orders ---

    function _order(address owner, bytes32 poolId, bool zeroForOne, uint256 amountIn)
        internal
        returns (Order memory)
    {
        return Order({
            owner: owner,
            poolId: poolId,
            zeroForOne: zeroForOne,
            amountIn: uint128(amountIn),
            minOut: 0,
            deadline: uint40(block.timestamp) + 1 hours,
            salt: nextSalt++
        });
    }

    function _hookData(Order memory order) internal view returns (bytes memory) {
        return bytes.concat(
            hook.ORDER_MAGIC(), abi.encode(order.owner, order.minOut, order.deadline, order.salt)
        );
    }

    function _keyOf(bytes32 poolId) internal view returns (PoolKey memory) {
        return poolId == idTokens ? keyTokens : keyNative;
    }

    /// @dev `payer` swaps with the order's data; the order's owner may be anyone.
    function _placeAs(address payer, Order memory order) internal returns (Order memory) {
        bytes memory data = _hookData(order);
        PoolKey memory key = _keyOf(order.poolId);
        bool native = order.zeroForOne && order.poolId == idNative;
        vm.prank(payer);
        router.swap{value: native ? order.amountIn : 0}(
            key, order.zeroForOne, -int256(uint256(order.amountIn)), data
        );
        return order;
    }

    function _place(address owner, bytes32 poolId, bool zeroForOne, uint256 amountIn)
        internal
        returns (Order memory)
    {
        return _placeAs(carol, _order(owner, poolId, zeroForOne, amountIn));
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _post(Order memory order, bytes memory signature) internal {
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signature;
        manager.postOrders(_list(order), signatures);
    }

    function _list(Order memory a) internal pure returns (Order[] memory orders) {
        orders = new Order[](1);
        orders[0] = a;
    }

    function _list(Order memory a, Order memory b) internal pure returns (Order[] memory orders) {
        orders = new Order[](2);
        (orders[0], orders[1]) = (a, b);
    }

    function _status(Order memory order) internal view returns (uint8 status) {
        (status,) = _stateOf(manager.orderIdOf(order));
    }

    function _stateOf(bytes32 orderId) internal view returns (uint8 status, uint40 cancelAt) {
        bytes32[] memory ids = new bytes32[](1);
        ids[0] = orderId;
        (uint8[] memory statuses, uint40[] memory cancelAts) = manager.orderStates(ids);
        return (statuses[0], cancelAts[0]);
    }

    function _sort(Order[] memory orders) internal view returns (bytes32[] memory ids) {
        ids = new bytes32[](orders.length);
        for (uint256 i; i < orders.length; ++i) {
            bytes32 id = manager.orderIdOf(orders[i]);
            Order memory order = orders[i];
            uint256 j = i;
            for (; j > 0 && ids[j - 1] > id; --j) {
                (ids[j], orders[j]) = (ids[j - 1], orders[j - 1]);
            }
            (ids[j], orders[j]) = (id, order);
        }
    }

    // --- batches: what an operator does, written without the contracts' libraries for the rule ---

    struct Batch {
        Section[] sections;
        Order[] orders;
        uint256 validUntil;
    }

    /// @dev Sorts `orders`. `price` is Q128; the remainder's minOut is a fresh quote less 1 %.
    function _section(bytes32 poolId, Order[] memory orders, uint256 price)
        internal
        returns (Section memory s)
    {
        s.orderIds = _sort(orders);
        s.poolId = poolId;
        s.priceX128 = price;
        s.feeBps = manager.config().feeBps;
        uint256 sum0;
        uint256 sum1;
        for (uint256 i; i < orders.length; ++i) {
            if (orders[i].zeroForOne) sum0 += orders[i].amountIn;
            else sum1 += orders[i].amountIn;
        }
        bool heavyIsZero = FullMath.mulDiv(sum0, price, Q128) >= sum1;
        uint256 left = heavyIsZero ? sum0 : sum1;
        for (uint256 i; i < orders.length; ++i) {
            if (orders[i].zeroForOne == heavyIsZero) continue;
            left -= heavyIsZero
                ? FullMath.mulDiv(orders[i].amountIn, Q128, price)
                : FullMath.mulDiv(orders[i].amountIn, price, Q128);
        }
        s.remainderZeroForOne = heavyIsZero;
        s.remainderIn = uint128(left);
        if (left != 0) {
            s.minOut = uint128(quoter.quoteRemainder(poolId, price, heavyIsZero, left) * 99 / 100);
        }
    }

    function _batch(bytes32 poolId, Order[] memory orders) internal returns (Batch memory b) {
        b.sections = new Section[](1);
        b.sections[0] = _section(poolId, orders, hook.poolPriceX128(poolId));
        b.orders = orders;
        b.validUntil = block.timestamp + CANCEL_DELAY - 1;
    }

    /// @dev Two sections, in ascending order of their pools.
    function _batch2(Batch memory a, Batch memory b) internal pure returns (Batch memory c) {
        if (a.sections[0].poolId > b.sections[0].poolId) (a, b) = (b, a);
        c.sections = new Section[](2);
        (c.sections[0], c.sections[1]) = (a.sections[0], b.sections[0]);
        c.orders = new Order[](a.orders.length + b.orders.length);
        for (uint256 i; i < c.orders.length; ++i) {
            c.orders[i] = i < a.orders.length ? a.orders[i] : b.orders[i - a.orders.length];
        }
        c.validUntil = a.validUntil;
    }

    function _publicValues(Batch memory b) internal view returns (bytes memory) {
        uint256 next;
        bytes32[] memory ids = new bytes32[](b.orders.length);
        for (uint256 i; i < b.sections.length; ++i) {
            for (uint256 j; j < b.sections[i].orderIds.length && next < ids.length; ++j) {
                ids[next++] = b.sections[i].orderIds[j];
            }
        }
        return abi.encode(
            PublicValues(
                1,
                block.chainid,
                address(manager),
                ZkMerkle.root(ids),
                keccak256(abi.encode(b.sections)),
                b.validUntil
            )
        );
    }

    /// @dev Posts an aggregation whose only leaf is the batch's statement.
    function _receipt(bytes memory publicValues, uint8 route, uint256 nonce)
        internal
        returns (ZkReceipt memory receipt)
    {
        bytes32 statement = receipts.statementOf(publicValues, route, nonce);
        receipt.route = route;
        receipt.proofNonce = nonce;
        receipt.aggregationId = nextAggregation++;
        receipt.path = new bytes32[](0);
        receipt.leafCount = 1;
        zkVerify.submitAggregation(
            DOMAIN, receipt.aggregationId, keccak256(abi.encodePacked(statement))
        );
    }

    function _certificate(bytes memory publicValues) internal view returns (bytes memory) {
        bytes32 digest = manager.responseDigest(keccak256(publicValues));
        address[] memory signers = new address[](1);
        bytes[] memory signatures = new bytes[](1);
        signers[0] = vm.addr(SIGNER_KEY_1);
        signatures[0] = _sign(SIGNER_KEY_1, digest);
        return abi.encode(signers, signatures);
    }

    function _respond(Batch memory b) internal returns (uint256 settled) {
        bytes memory values = _publicValues(b);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        return manager.respondToBatch(values, b.sections, b.orders, receipt, _certificate(values));
    }

    // --- accounting ---

    /// @dev What the README tells an auditor: escrow covers open inputs and fees, the manager holds credits.
    function _assertBacked(address currency, uint256 openInputs) internal view {
        assertEq(hook.escrowOf(currency), openInputs + manager.feesAccrued(currency), "escrow");
        uint256 held = currency == address(0)
            ? address(manager).balance
            : DevToken(currency).balanceOf(address(manager));
        assertEq(held, manager.totalCredits(currency), "credits");
    }

    function _assertAllBacked() internal view {
        _assertBacked(address(0), 0);
        _assertBacked(address(token0), 0);
        _assertBacked(address(token1), 0);
    }

    /// @dev The revert data that the PoolManager makes of a revert inside the hook.
    function _wrapped(bytes4 callback, bytes memory reason) internal view returns (bytes memory) {
        return abi.encodeWithSignature(
            "WrappedError(address,bytes4,bytes,bytes)",
            address(hook),
            callback,
            reason,
            abi.encodeWithSignature("HookCallFailed()")
        );
    }
}
