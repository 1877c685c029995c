// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {RefusingRecipient} from "../src/devnet/RefusingRecipient.sol";
import {IOrderServiceManager} from "../src/interfaces/IOrderServiceManager.sol";
import {Order, RejectCode} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";
import {FeeOnTransferToken, HostileWallet, Locker} from "./Doubles.t.sol";

/// @dev Orders that a relayer posts with the owner's signature.
contract IntakeSignedTest is Base {
    function test_postOrders__signed_by_the_owner__pulls_the_input() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        uint256 before = token0.balanceOf(alice);
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.NewTaskCreated(0, manager.orderIdOf(order), order);
        vm.prank(makeAddr("relayer"));
        _postSigned(order, aliceKey);
        assertEq(before - token0.balanceOf(alice), 5e18);
        assertEq(_status(order), 1);
        _assertBacked(address(token0), 5e18);
    }

    function test_postOrders__contract_wallet__is_asked_by_erc1271() public {
        (address controller, uint256 key) = makeAddrAndKey("controller");
        RefusingRecipient wallet = new RefusingRecipient(controller);
        token1.mint(address(wallet), 5e18);
        vm.prank(controller);
        wallet.execute(address(token1), 0, abi.encodeCall(token1.approve, (address(hook), 5e18)));
        Order memory order = _order(address(wallet), idTokens, false, 5e18);
        bytes memory wrong = _sign(aliceKey, manager.orderIdOf(order));
        _expectRejected(order, wrong, RejectCode.BAD_SIGNATURE);
        _postSigned(order, key);
        assertEq(_status(order), 1);
    }

    function test_postOrders__bad_signatures__are_rejected() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        bytes32 orderId = manager.orderIdOf(order);
        _expectRejected(order, _sign(bobKey, orderId), RejectCode.BAD_SIGNATURE);
        _expectRejected(order, "", RejectCode.BAD_SIGNATURE);
        _expectRejected(order, new bytes(65), RejectCode.BAD_SIGNATURE);
        // the other half of the curve: malleable, so refused
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(aliceKey, orderId);
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes memory high = abi.encodePacked(r, bytes32(n - uint256(s)), v == 27 ? 28 : 27);
        _expectRejected(order, high, RejectCode.BAD_SIGNATURE);
        // a signature over other terms
        Order memory other = _order(alice, idTokens, true, 5e18);
        bytes memory foreign = _sign(aliceKey, manager.orderIdOf(other));
        _expectRejected(order, foreign, RejectCode.BAD_SIGNATURE);
    }

    function test_postOrders__posted_again__does_nothing_and_says_nothing() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        bytes memory signature = _sign(aliceKey, manager.orderIdOf(order));
        _post(order, signature);
        uint256 before = token0.balanceOf(alice);
        vm.recordLogs();
        _post(order, signature);
        // nor by somebody who wants to make believe that it was refused
        _post(order, new bytes(65));
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(_status(order), 1);
        assertEq(token0.balanceOf(alice), before);
    }

    function test_postOrders__bad_terms__are_rejected_with_their_codes() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        order.deadline = uint40(block.timestamp) - 1;
        _expectCode(order, RejectCode.EXPIRED);
        order.deadline = uint40(block.timestamp) + SPAN + 1;
        _expectCode(order, RejectCode.DEADLINE_TOO_FAR);
        _expectCode(_order(alice, idTokens, true, 999), RejectCode.BELOW_MINIMUM);
        _expectCode(_order(alice, idTokens, true, 0), RejectCode.BELOW_MINIMUM);
        _expectCode(_order(alice, bytes32("no pool"), true, 5e18), RejectCode.UNKNOWN_POOL);
        _expectCode(_order(alice, idNative, true, 5e18), RejectCode.NATIVE_INPUT);
        _expectCode(_order(address(0), idTokens, true, 5e18), RejectCode.ZERO_OWNER);
        _expectCode(_order(alice, idTokens, true, 1 << 127), RejectCode.AMOUNT_TOO_LARGE);
    }

    function test_postOrders__no_allowance_or_balance__is_rejected() public {
        Order memory order = _order(alice, idTokens, true, 2e24);
        _expectCode(order, RejectCode.PULL_FAILED);
        vm.prank(alice);
        token0.approve(address(hook), 0);
        _expectCode(_order(alice, idTokens, true, 5e18), RejectCode.PULL_FAILED);
        assertEq(token0.balanceOf(alice), 1e24);
    }

    function test_postOrders__token_that_delivers_less__is_rejected_and_rolled_back() public {
        FeeOnTransferToken taxed = new FeeOnTransferToken();
        hook.setCurrencyAllowed(address(taxed), true);
        (address c0, address c1) = address(taxed) < address(token1)
            ? (address(taxed), address(token1))
            : (address(token1), address(taxed));
        taxed.mint(alice, 10e18);
        (, bytes32 poolId) = _createPoolWithoutLiquidity(c0, c1);
        vm.prank(alice);
        taxed.approve(address(hook), type(uint256).max);
        Order memory order = _order(alice, poolId, c0 == address(taxed), 5e18);
        _expectCode(order, RejectCode.PULL_FAILED);
        assertEq(taxed.balanceOf(alice), 10e18);
        assertEq(hook.escrowOf(address(taxed)), 0);
    }

    function test_postOrders__bad_among_good__only_the_bad_are_skipped() public {
        Order[] memory orders = new Order[](4);
        bytes[] memory signatures = new bytes[](4);
        orders[0] = _order(alice, idTokens, true, 5e18);
        orders[1] = _order(bob, idTokens, false, 5e18);
        orders[2] = _order(alice, idTokens, false, 5e18);
        orders[3] = orders[2];
        signatures[0] = _sign(aliceKey, manager.orderIdOf(orders[0]));
        signatures[1] = _sign(aliceKey, manager.orderIdOf(orders[1]));
        signatures[2] = _sign(aliceKey, manager.orderIdOf(orders[2]));
        signatures[3] = signatures[2];
        manager.postOrders(orders, signatures);
        assertEq(_status(orders[0]), 1);
        assertEq(_status(orders[1]), 0);
        assertEq(_status(orders[2]), 1);
        assertEq(manager.taskCount(), 2);
        _assertBacked(address(token0), 5e18);
        _assertBacked(address(token1), 5e18);
    }

    function test_postOrders__wallet_that_burns_gas_or_floods__does_not_stop_the_others() public {
        HostileWallet burner = new HostileWallet(HostileWallet.Mode.Burn);
        HostileWallet flooder = new HostileWallet(HostileWallet.Mode.Flood);
        Order[] memory orders = new Order[](3);
        bytes[] memory signatures = new bytes[](3);
        orders[0] = _order(address(burner), idTokens, true, 5e18);
        orders[1] = _order(address(flooder), idTokens, true, 5e18);
        orders[2] = _order(alice, idTokens, true, 5e18);
        signatures[2] = _sign(aliceKey, manager.orderIdOf(orders[2]));
        manager.postOrders{gas: 2_000_000}(orders, signatures);
        assertEq(_status(orders[0]), 0);
        assertEq(_status(orders[1]), 0);
        assertEq(_status(orders[2]), 1);
    }

    function test_postOrders__too_little_gas_to_judge__reverts() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = _sign(aliceKey, manager.orderIdOf(order));
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.InsufficientGas.selector, 500_000)
        );
        manager.postOrders{gas: 400_000}(_list(order), signatures);
    }

    function test_postOrders__signatures_missing__reverts() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        vm.expectRevert(IOrderServiceManager.LengthMismatch.selector);
        manager.postOrders(_list(order), new bytes[](0));
    }

    function test_postOrders__paused__reverts() public {
        manager.pause();
        Order memory order = _order(alice, idTokens, true, 5e18);
        vm.expectRevert(Pausable.EnforcedPause.selector);
        manager.postOrders(_list(order), new bytes[](1));
    }

    function test_postOrders__inside_an_unlock__reverts_instead_of_rejecting() public {
        Locker locker = new Locker(pool);
        Order memory order = _order(alice, idTokens, true, 5e18);
        bytes memory call = abi.encodeCall(manager.postOrders, (_list(order), new bytes[](1)));
        vm.expectRevert(IOrderServiceManager.PoolManagerUnlocked.selector);
        locker.callInside(address(manager), call);
    }

    // --- helpers ---

    function _postSigned(Order memory order, uint256 key) private {
        _post(order, _sign(key, manager.orderIdOf(order)));
    }

    function _expectCode(Order memory order, uint8 code) private {
        _expectRejected(order, _sign(aliceKey, manager.orderIdOf(order)), code);
    }

    function _expectRejected(Order memory order, bytes memory signature, uint8 code) private {
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.OrderRejected(manager.orderIdOf(order), code);
        _post(order, signature);
        assertEq(_status(order), 0);
    }
}
