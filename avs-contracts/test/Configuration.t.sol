// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {AllowListVerifier} from "../src/AllowListVerifier.sol";
import {OrderServiceManager} from "../src/OrderServiceManager.sol";
import {ReceiptVerifier} from "../src/ReceiptVerifier.sol";
import {IDarkCoWHook} from "../src/interfaces/IDarkCoWHook.sol";
import {IOrderServiceManager} from "../src/interfaces/IOrderServiceManager.sol";
import {IReceiptVerifier} from "../src/interfaces/IReceiptVerifier.sol";
import {Statement} from "../src/libraries/Statement.sol";
import {Config, Order, PoolSettings, Proving, RejectCode} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";

/// @dev What the owner may do, and that it takes a while.
contract ConfigurationTest is Base {
    function test_views__after_deployment__show_the_configuration() public view {
        Config memory c = _config();
        assertEq(abi.encode(manager.config()), abi.encode(c));
        assertEq(abi.encode(receipts.proving()), abi.encode(_proving()));
        assertEq(
            abi.encode(manager.poolSettings(idTokens)), abi.encode(PoolSettings(1000, 1000, 500))
        );
        assertEq(manager.configDelay(), 2 days);
        assertEq(address(manager.hook()), address(hook));
    }

    function test_domainSeparator__and_ids__are_eip712() public {
        Order memory order = _order(alice, idTokens, true, 5e18);
        bytes32 separator = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak256("DarkCoW"),
                keccak256("1"),
                block.chainid,
                address(manager)
            )
        );
        assertEq(manager.domainSeparator(), separator);
        bytes32 typeHash = keccak256(
            "Order(address owner,bytes32 poolId,bool zeroForOne,uint128 amountIn,uint128 minOut,uint40 deadline,uint256 salt)"
        );
        bytes32 structHash = keccak256(
            abi.encode(
                typeHash,
                order.owner,
                order.poolId,
                order.zeroForOne,
                order.amountIn,
                order.minOut,
                order.deadline,
                order.salt
            )
        );
        assertEq(
            manager.orderIdOf(order), keccak256(abi.encodePacked("\x19\x01", separator, structHash))
        );
        // of the chain of deployment, whatever becomes of it: ids are what orders leave by
        vm.chainId(999);
        assertEq(manager.domainSeparator(), separator);
    }

    function test_config__change__needs_the_delay() public {
        Config memory c = _config();
        c.feeBps = 31;
        bytes32 changeId = manager.proposeConfig(c);
        uint256 readyAt = block.timestamp + 2 days;
        assertEq(manager.changeReadyAt(changeId), readyAt);
        vm.warp(readyAt - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.ChangeNotReady.selector, readyAt)
        );
        manager.applyConfig(c);
        skip(1);
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.ConfigApplied(changeId, c);
        manager.applyConfig(c);
        assertEq(manager.config().feeBps, 31);
        // consumed: another round needs another proposal
        _expectNotProposed(changeId);
        manager.applyConfig(c);
    }

    function test_config__other_than_proposed_or_cancelled__reverts() public {
        Config memory c = _config();
        c.feeBps = 31;
        bytes32 changeId = manager.proposeConfig(c);
        skip(2 days);
        c.feeBps = 32;
        _expectNotProposed(keccak256(abi.encode(c)));
        manager.applyConfig(c);
        c.feeBps = 31;
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.ChangeCancelled(changeId);
        manager.cancelChange(changeId);
        _expectNotProposed(changeId);
        manager.applyConfig(c);
        _expectNotProposed(changeId);
        manager.cancelChange(changeId);
    }

    function test_config__invalid_values__are_refused() public {
        Config memory c = _config();
        c.receiptVerifier = bob;
        _expectInvalid(c);
        c = _config();
        c.responseVerifier = bob;
        _expectInvalid(c);
        c = _config();
        c.feeBps = 10_001;
        _expectInvalid(c);
        c = _config();
        c.cancelDelay = 7 days + 1;
        _expectInvalid(c);
        c.cancelDelay = 0;
        _expectInvalid(c);
        c = _config();
        c.maxOrderSpan = 0;
        _expectInvalid(c);
    }

    function test_proving__invalid_values__are_refused() public {
        Proving memory p = _proving();
        p.zkVerify = bob;
        _expectInvalid(p);
        p = _proving();
        p.groth16ProgramVkey = bytes32(Statement.SCALAR_FIELD);
        _expectInvalid(p);
        p = _proving();
        p.recursionRoot = bytes32(Statement.SCALAR_FIELD);
        _expectInvalid(p);
        p = _proving();
        (p.groth16VkHash, p.shrinkVkey) = (0, 0);
        _expectInvalid(p);
    }

    function test_pool__listed_twice_or_badly__reverts() public {
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.PoolAlreadyListed.selector, idTokens)
        );
        manager.listPool(idTokens, PoolSettings(1, 1, 1));
        _expectInvalidPool(PoolSettings(0, 1, 1));
        _expectInvalidPool(PoolSettings(1, 0, 1));
        _expectInvalidPool(PoolSettings(1, 1, 0));
        _expectInvalidPool(PoolSettings(1, 1, 1001));
    }

    function test_pool__change__needs_the_delay() public {
        PoolSettings memory settings = PoolSettings(7, 8, 9);
        manager.proposePoolSettings(idTokens, settings);
        vm.expectRevert(
            abi.encodeWithSelector(
                IOrderServiceManager.ChangeNotReady.selector, block.timestamp + 2 days
            )
        );
        manager.applyPoolSettings(idTokens, settings);
        skip(2 days);
        // bound to its pool
        _expectNotProposed(keccak256(abi.encode(idNative, settings)));
        manager.applyPoolSettings(idNative, settings);
        manager.applyPoolSettings(idTokens, settings);
        assertEq(abi.encode(manager.poolSettings(idTokens)), abi.encode(settings));
    }

    function test_owner__functions__refuse_strangers() public {
        vm.startPrank(bob);
        bytes memory reason =
            abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, bob);
        vm.expectRevert(IOrderServiceManager.NotGuardian.selector);
        manager.pause();
        vm.expectRevert(IOrderServiceManager.NotGuardian.selector);
        manager.pausePool(idTokens);
        vm.expectRevert(reason);
        manager.setGuardian(bob);
        vm.expectRevert(reason);
        manager.unpausePool(idTokens);
        vm.expectRevert(reason);
        manager.unpause();
        vm.expectRevert(reason);
        manager.listPool(bytes32(0), PoolSettings(1, 1, 1));
        vm.expectRevert(reason);
        manager.proposePoolSettings(bytes32(0), PoolSettings(1, 1, 1));
        vm.expectRevert(reason);
        manager.applyPoolSettings(bytes32(0), PoolSettings(1, 1, 1));
        vm.expectRevert(reason);
        manager.proposeConfig(_config());
        vm.expectRevert(reason);
        manager.applyConfig(_config());
        vm.expectRevert(reason);
        manager.cancelChange(0);
        vm.expectRevert(reason);
        manager.collectFees(address(0), bob);
    }

    function test_guardian__stops_everything_or_one_pool_and_cannot_go_on() public {
        manager.setGuardian(bob);
        Order memory placed = _place(alice, idTokens, true, 3e18);
        Order memory other = _place(alice, idNative, true, 3e18);
        Batch memory batch =
            _batch2(_batch(idTokens, _list(placed)), _batch(idNative, _list(other)));
        vm.startPrank(bob);
        manager.pausePool(idTokens);
        bytes memory reason =
            abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, bob);
        vm.expectRevert(reason);
        manager.unpausePool(idTokens);
        vm.stopPrank();
        // the other pool goes on
        assertTrue(manager.isPoolPaused(idTokens));
        assertEq(_respond(batch), 1);
        assertEq(_status(placed), 1);
        assertEq(_status(other), 2);
        Order memory refused = _order(alice, idTokens, true, 3e18);
        bytes memory signature = _sign(aliceKey, manager.orderIdOf(refused));
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.OrderRejected(manager.orderIdOf(refused), RejectCode.POOL_PAUSED);
        _post(refused, signature);
        // settings that are applied meanwhile do not end the pause; what leaves is not stopped
        PoolSettings memory settings = PoolSettings(7, 8, 9);
        manager.proposePoolSettings(idTokens, settings);
        skip(2 days);
        manager.applyPoolSettings(idTokens, settings);
        assertTrue(manager.isPoolPaused(idTokens));
        assertEq(manager.refund(_list(placed)), 1);
        manager.unpausePool(idTokens);
        assertEq(_respond(_batch(idTokens, _list(_place(alice, idTokens, true, 3e18)))), 1);
        vm.startPrank(bob);
        manager.pause();
        vm.expectRevert(reason);
        manager.unpause();
        vm.stopPrank();
        manager.setGuardian(address(0));
        vm.expectRevert(IOrderServiceManager.NotGuardian.selector);
        vm.prank(bob);
        manager.pausePool(idNative);
    }

    function test_change__not_applied_in_time__has_to_be_proposed_again() public {
        Config memory c = _config();
        c.feeBps = 31;
        manager.proposeConfig(c);
        uint256 readyAt = block.timestamp + 2 days;
        vm.warp(readyAt + 14 days + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.ChangeExpired.selector, readyAt)
        );
        manager.applyConfig(c);
        manager.proposeConfig(c);
        skip(2 days + 14 days);
        manager.applyConfig(c);
        assertEq(manager.config().feeBps, 31);
    }

    function test_renounceOwnership__of_any_contract__reverts() public {
        vm.expectRevert(IOrderServiceManager.CannotRenounce.selector);
        manager.renounceOwnership();
        vm.expectRevert(IDarkCoWHook.CannotRenounce.selector);
        hook.renounceOwnership();
        vm.expectRevert(AllowListVerifier.CannotRenounce.selector);
        verifier.renounceOwnership();
    }

    function test_owner__transfer__takes_two_steps() public {
        manager.transferOwnership(bob);
        assertEq(manager.owner(), address(this));
        vm.prank(bob);
        manager.acceptOwnership();
        assertEq(manager.owner(), bob);
    }

    function test_collectFees__pays_the_ledger_once_and_never_escrow() public {
        _place(bob, idTokens, true, 9e18);
        _respond(_batch(idTokens, _list(_place(alice, idTokens, true, 3e18))));
        uint256 due = manager.feesAccrued(address(token1));
        assertGt(due, 0);
        vm.expectRevert(IOrderServiceManager.ZeroAddress.selector);
        manager.collectFees(address(token1), address(0));
        vm.expectEmit(address(manager));
        emit IOrderServiceManager.FeesCollected(address(token1), carol, due);
        manager.collectFees(address(token1), carol);
        vm.expectRevert(IOrderServiceManager.NothingToWithdraw.selector);
        manager.collectFees(address(token1), carol);
        _assertBacked(address(token0), 9e18);
    }

    function test_collectFees__recipient_refuses__reverts_and_keeps_the_ledger() public {
        _respond(_batch(idTokens, _list(_place(alice, idTokens, true, 3e18))));
        uint256 due = manager.feesAccrued(address(token1));
        vm.prank(carol);
        token1.setRefuses(true);
        vm.expectRevert(IOrderServiceManager.TransferFailed.selector);
        manager.collectFees(address(token1), carol);
        assertEq(manager.feesAccrued(address(token1)), due);
        _assertAllBacked();
    }

    // --- the allow-list ---

    function test_verifier__certificates__need_weight_order_and_true_signatures() public view {
        bytes32 digest = keccak256("digest");
        (address a, address b) = (vm.addr(SIGNER_KEY_1), vm.addr(SIGNER_KEY_2));
        bytes memory sa = _sign(SIGNER_KEY_1, digest);
        bytes memory sb = _sign(SIGNER_KEY_2, digest);
        assertTrue(_verify(digest, a, sa));
        assertFalse(_verify(digest, b, sb), "weight 40 of 60");
        assertFalse(_verify(digest, a, sb), "somebody else's signature");
        assertFalse(_verify(digest, a, ""), "no signature");
        assertFalse(_verify(keccak256("other"), a, sa), "another digest");
        assertFalse(_verify(digest, address(0), new bytes(65)), "zero signer");
        (address lo, address hi) = a < b ? (a, b) : (b, a);
        (bytes memory slo, bytes memory shi) = a < b ? (sa, sb) : (sb, sa);
        assertTrue(_verify2(digest, lo, slo, hi, shi));
        assertFalse(_verify2(digest, hi, shi, lo, slo), "descending");
        assertFalse(_verify2(digest, b, sb, b, sb), "the same twice");
    }

    function test_verifier__lengths_differ__is_false() public view {
        address[] memory signers = new address[](1);
        signers[0] = vm.addr(SIGNER_KEY_1);
        bytes memory certificate = abi.encode(signers, new bytes[](0));
        assertFalse(verifier.verifyResponse(0, 0, certificate));
    }

    function test_verifier__list_and_threshold__stay_reachable() public {
        vm.expectRevert(abi.encodeWithSelector(AllowListVerifier.InvalidThreshold.selector, 101));
        verifier.setThreshold(101);
        vm.expectRevert(abi.encodeWithSelector(AllowListVerifier.InvalidThreshold.selector, 0));
        verifier.setThreshold(0);
        vm.expectRevert(abi.encodeWithSelector(AllowListVerifier.InvalidThreshold.selector, 60));
        verifier.setSigner(vm.addr(SIGNER_KEY_1), 0);
        vm.expectRevert(AllowListVerifier.ZeroAddress.selector);
        verifier.setSigner(address(0), 1);
        verifier.setThreshold(100);
        verifier.setSigner(bob, 5);
        assertEq(verifier.totalWeight(), 105);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, bob));
        vm.prank(bob);
        verifier.setSigner(bob, 1000);
    }

    // --- helpers ---

    function _verify(bytes32 digest, address signer, bytes memory signature)
        private
        view
        returns (bool)
    {
        address[] memory signers = new address[](1);
        bytes[] memory signatures = new bytes[](1);
        (signers[0], signatures[0]) = (signer, signature);
        return verifier.verifyResponse(0, digest, abi.encode(signers, signatures));
    }

    function _verify2(bytes32 digest, address a, bytes memory sa, address b, bytes memory sb)
        private
        view
        returns (bool)
    {
        address[] memory signers = new address[](2);
        bytes[] memory signatures = new bytes[](2);
        (signers[0], signers[1], signatures[0], signatures[1]) = (a, b, sa, sb);
        return verifier.verifyResponse(0, digest, abi.encode(signers, signatures));
    }

    function _expectNotProposed(bytes32 changeId) private {
        vm.expectRevert(
            abi.encodeWithSelector(IOrderServiceManager.ChangeNotProposed.selector, changeId)
        );
    }

    function _expectInvalid(Config memory c) private {
        vm.expectRevert(IOrderServiceManager.InvalidConfig.selector);
        new OrderServiceManager(hook, address(this), 2 days, c);
    }

    function _expectInvalid(Proving memory p) private {
        vm.expectRevert(IReceiptVerifier.InvalidProving.selector);
        new ReceiptVerifier(p);
    }

    function _expectInvalidPool(PoolSettings memory settings) private {
        vm.expectRevert(IOrderServiceManager.InvalidPoolSettings.selector);
        manager.listPool(bytes32("new"), settings);
    }
}
