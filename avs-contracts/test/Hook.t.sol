// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IHooks} from "v4-core/interfaces/IHooks.sol";
import {IPoolManager} from "v4-core/interfaces/IPoolManager.sol";
import {LPFeeLibrary} from "v4-core/libraries/LPFeeLibrary.sol";
import {Currency} from "v4-core/types/Currency.sol";
import {PoolKey} from "v4-core/types/PoolKey.sol";
import {SwapParams} from "v4-core/types/PoolOperation.sol";
import {DarkCoWHook} from "../src/DarkCoWHook.sol";
import {RefusingRecipient} from "../src/devnet/RefusingRecipient.sol";
import {IDarkCoWHook} from "../src/interfaces/IDarkCoWHook.sol";
import {IRemainderQuoter} from "../src/interfaces/IRemainderQuoter.sol";
import {Base} from "./Base.t.sol";

/// @dev Who may call the hook, which pools it admits, and what it answers.
contract HookTest is Base {
    function test_constructor__address_without_the_flags__is_refused() public {
        address wrong = address(uint160(HOOK_ADDRESS) | 1);
        vm.expectRevert();
        deployCodeTo("DarkCoWHook.sol", abi.encode(pool, address(this)), wrong);
    }

    function test_constructor__salt_mined_for_the_usual_factory__deploys() public {
        address factory = 0x4e59b44847b379578588920cA78FbF26c0B4956C;
        bytes memory initCode =
            bytes.concat(type(DarkCoWHook).creationCode, abi.encode(pool, address(this)));
        bytes32 codeHash = keccak256(initCode);
        uint256 salt;
        while (
            uint160(vm.computeCreate2Address(bytes32(salt), codeHash, factory)) & 0x3fff != 0x2088
        ) {
            ++salt;
        }
        address expected = vm.computeCreate2Address(bytes32(salt), codeHash, factory);
        (bool ok,) = factory.call(bytes.concat(bytes32(salt), initCode));
        assertTrue(ok);
        assertEq(DarkCoWHook(expected).owner(), address(this));
    }

    function test_setManager__twice_or_zero_or_by_a_stranger__reverts() public {
        vm.expectRevert(IDarkCoWHook.AlreadySet.selector);
        hook.setManager(bob);
        address fresh = address(uint160(HOOK_ADDRESS) ^ (1 << 100));
        deployCodeTo("DarkCoWHook.sol", abi.encode(pool, address(this)), fresh);
        vm.expectRevert(IDarkCoWHook.ZeroAddress.selector);
        DarkCoWHook(fresh).setManager(address(0));
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, bob));
        vm.prank(bob);
        DarkCoWHook(fresh).setManager(bob);
    }

    function test_managerFunctions__called_by_anyone_else__revert() public {
        vm.expectRevert(IDarkCoWHook.NotManager.selector);
        hook.pull(address(token0), alice, 1);
        vm.expectRevert(IDarkCoWHook.NotManager.selector);
        hook.swapRemainder(idTokens, true, 1, 0, Q128, 100);
        vm.expectRevert(IDarkCoWHook.NotManager.selector);
        hook.release(address(token0), 1);
    }

    function test_callbacks__called_by_anyone_else__revert() public {
        vm.expectRevert(IDarkCoWHook.NotPoolManager.selector);
        hook.beforeInitialize(address(this), keyTokens, SQRT_PRICE_ONE);
        vm.expectRevert(IDarkCoWHook.NotPoolManager.selector);
        hook.beforeSwap(address(this), keyTokens, SwapParams(true, -1, 0), "");
        vm.expectRevert(IDarkCoWHook.NotPoolManager.selector);
        hook.unlockCallback("");
        vm.expectRevert(IRemainderQuoter.NotPoolManager.selector);
        quoter.unlockCallback("");
    }

    function test_initialize__currency_not_listed_or_dynamic_fee__reverts() public {
        hook.setCurrencyAllowed(address(token0), false);
        PoolKey memory key = _key(500);
        vm.expectRevert(
            _wrapped(
                IHooks.beforeInitialize.selector,
                abi.encodeWithSelector(IDarkCoWHook.CurrencyNotAllowed.selector, address(token0))
            )
        );
        pool.initialize(key, SQRT_PRICE_ONE);
        hook.setCurrencyAllowed(address(token0), true);
        key = _key(LPFeeLibrary.DYNAMIC_FEE_FLAG);
        vm.expectRevert(
            _wrapped(
                IHooks.beforeInitialize.selector,
                abi.encodeWithSelector(IDarkCoWHook.DynamicFeeNotSupported.selector)
            )
        );
        pool.initialize(key, SQRT_PRICE_ONE);
    }

    function test_initialize__listed_currencies__registers_the_key() public {
        PoolKey memory key = _key(500);
        bytes32 poolId = keccak256(abi.encode(key));
        assertEq(address(hook.poolKey(poolId).hooks), address(0));
        vm.expectRevert(abi.encodeWithSelector(IDarkCoWHook.UnknownPool.selector, poolId));
        hook.poolPriceX128(poolId);
        vm.expectEmit(address(hook));
        emit IDarkCoWHook.PoolRegistered(poolId, address(token0), address(token1), 500, 60);
        pool.initialize(key, 2 << 96);
        assertEq(abi.encode(hook.poolKey(poolId)), abi.encode(key));
        assertEq(hook.poolPriceX128(poolId), 4 << 128);
    }

    function test_poolPriceX128__extreme_prices__do_not_overflow() public {
        PoolKey memory key = _key(500);
        pool.initialize(key, 4295128739);
        assertEq(
            hook.poolPriceX128(keccak256(abi.encode(key))), uint256(4295128739) ** 2 / (1 << 64)
        );
        key = _key(501);
        uint160 highest = 1461446703485210103287273052203988822378723970342 - 1;
        pool.initialize(key, highest);
        assertGt(hook.poolPriceX128(keccak256(abi.encode(key))), uint256(1) << 254);
    }

    function test_quoteRemainder__then_the_swap__gives_the_same() public {
        uint256 quoted = quoter.quoteRemainder(idTokens, Q128, true, 5e18);
        uint256 again = quoter.quoteRemainder(idTokens, Q128, true, 5e18);
        assertEq(quoted, again);
        vm.prank(carol);
        assertEq(uint128(router.swap(keyTokens, true, -5e18, "").amount1()), quoted);
    }

    function test_quoteRemainder__unknown_pool_or_too_much__reverts() public {
        vm.expectRevert(abi.encodeWithSelector(IRemainderQuoter.UnknownPool.selector, bytes32(0)));
        quoter.quoteRemainder(bytes32(0), Q128, true, 1);
        vm.expectRevert();
        quoter.quoteRemainder(idTokens, Q128, true, 1e36);
        vm.expectRevert(IPoolManager.SwapAmountCannotBeZero.selector);
        quoter.quoteRemainder(idTokens, Q128, true, 0);
    }

    function test_refusingRecipient__answers_only_its_controller() public {
        RefusingRecipient wallet = new RefusingRecipient(alice);
        vm.expectRevert(RefusingRecipient.NotController.selector);
        wallet.execute(bob, 0, "");
        vm.expectRevert(RefusingRecipient.NotController.selector);
        wallet.setRefusing(false);
        (bool ok,) = address(wallet).call{value: 1}("");
        assertFalse(ok);
        vm.prank(alice);
        wallet.setRefusing(false);
        (ok,) = address(wallet).call{value: 1}("");
        assertTrue(ok);
    }

    function _key(uint24 fee) private view returns (PoolKey memory) {
        return PoolKey(
            Currency.wrap(address(token0)),
            Currency.wrap(address(token1)),
            fee,
            60,
            IHooks(address(hook))
        );
    }
}
