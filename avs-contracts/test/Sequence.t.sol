// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Order, OrderStatus} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";
import {HostileWallet} from "./Doubles.t.sol";

/// @dev Random lives of many orders on two pools that share a currency. After every step: what is held covers
/// exactly what is owed, and no order is both settled and refunded.
contract SequenceTest is Base {
    uint256 private constant STEPS = 24;

    Order[] private _orders;
    mapping(bytes32 orderId => uint8) private _final;
    HostileWallet private _hostile;
    uint256 private _seed;
    uint256 private _credited;

    function testFuzz_sequence__any_steps__everything_is_backed(uint256 seed) public {
        _run(seed);
    }

    /// @dev Keeps the test above from passing because nothing happens in it.
    function test_sequence__a_few_seeds__see_every_outcome() public {
        uint256[3] memory seen;
        for (uint256 seed; seed < 8; ++seed) {
            uint256 snapshot = vm.snapshotState();
            _run(seed);
            seen[0] += _count(OrderStatus.SETTLED);
            seen[1] += _count(OrderStatus.REFUNDED);
            seen[2] += _credited;
            vm.revertToState(snapshot);
        }
        for (uint256 i; i < 3; ++i) {
            assertGt(seen[i], 3);
        }
    }

    function _run(uint256 seed) private {
        _seed = seed;
        _hostile = new HostileWallet(HostileWallet.Mode.Revert);
        _hostile.arm(manager, pool, "");
        for (uint256 i; i < STEPS; ++i) {
            _step(_random(8));
            _assertSound();
        }
        skip(2 days);
        while (_refundOne()) {}
        _withdrawAll();
        _collectAll();
        _assertAllBacked();
        address[3] memory currencies = [address(0), address(token0), address(token1)];
        for (uint256 i; i < 3; ++i) {
            assertEq(hook.escrowOf(currencies[i]), 0, "escrow is empty");
            assertEq(manager.totalCredits(currencies[i]), 0, "credits are paid");
        }
    }

    // --- steps ---

    function _step(uint256 kind) private {
        if (kind < 3) return _open();
        if (kind == 3) return _cancelOne();
        if (kind == 4) return _settleSome();
        if (kind == 5) return _settleSome();
        skip(_random(20 minutes));
        if (kind == 6) _refundOne();
        else _toggleRefusals();
    }

    function _open() private {
        address[4] memory owners = [alice, bob, carol, address(_hostile)];
        address owner = owners[_random(4)];
        bytes32 poolId = _random(2) == 0 ? idTokens : idNative;
        Order memory order = _order(owner, poolId, _random(2) == 0, 1000 + _random(5e18));
        order.minOut = _random(5) == 0 ? order.amountIn : 0;
        bool erc20 = !(order.zeroForOne && poolId == idNative);
        if (owner == alice && erc20 && _random(2) == 0) {
            _post(order, _sign(aliceKey, manager.orderIdOf(order)));
        } else {
            _placeAs(carol, order);
        }
        assertEq(_status(order), OrderStatus.OPEN);
        _orders.push(order);
    }

    function _cancelOne() private {
        if (_orders.length == 0) return;
        Order memory order = _orders[_random(_orders.length)];
        vm.prank(order.owner);
        try manager.requestCancel(order) {} catch {}
    }

    function _refundOne() private returns (bool found) {
        for (uint256 i; i < _orders.length && !found; ++i) {
            (uint8 status, uint40 cancelAt) = _stateOf(manager.orderIdOf(_orders[i]));
            bool left = block.timestamp > _orders[i].deadline
                || (cancelAt != 0 && block.timestamp >= cancelAt);
            found = status == OrderStatus.OPEN && left;
            if (found) manager.refund(_list(_orders[i]));
        }
    }

    /// @dev Two sections with what is open; some of it may have been cancelled, or set a limit too high.
    function _settleSome() private {
        Order[] memory tokens = _openOf(idTokens);
        Order[] memory native = _openOf(idNative);
        if (tokens.length == 0 || native.length == 0) return;
        Batch memory batch = _batch2(_batch(idTokens, tokens), _batch(idNative, native));
        batch.validUntil = block.timestamp;
        _respond(batch);
    }

    function _toggleRefusals() private {
        vm.prank(bob);
        token1.setRefuses(_random(2) == 0);
        vm.prank(carol);
        token0.setRefuses(_random(2) == 0);
        bool accepts = _random(2) == 0;
        _hostile.setMode(accepts ? HostileWallet.Mode.Accept : HostileWallet.Mode.Burn);
        if (_random(2) == 0) _collectAll();
    }

    function _withdrawAll() private {
        address[4] memory owners = [alice, bob, carol, address(_hostile)];
        address[3] memory currencies = [address(0), address(token0), address(token1)];
        for (uint256 i; i < 4; ++i) {
            for (uint256 j; j < 3; ++j) {
                if (manager.credits(owners[i], currencies[j]) == 0) continue;
                vm.prank(owners[i]);
                manager.withdrawCredit(currencies[j], address(this));
                ++_credited;
            }
        }
    }

    function _collectAll() private {
        address[3] memory currencies = [address(0), address(token0), address(token1)];
        for (uint256 i; i < 3; ++i) {
            if (manager.feesAccrued(currencies[i]) == 0) continue;
            manager.collectFees(currencies[i], address(this));
        }
    }

    // --- what must hold ---

    function _assertSound() private {
        uint256[3] memory inputs;
        for (uint256 i; i < _orders.length; ++i) {
            Order memory order = _orders[i];
            bytes32 orderId = manager.orderIdOf(order);
            (uint8 status,) = _stateOf(orderId);
            if (_final[orderId] != 0) assertEq(status, _final[orderId], "final is final");
            if (status != OrderStatus.OPEN) _final[orderId] = status;
            else if (!order.zeroForOne) inputs[2] += order.amountIn;
            else inputs[order.poolId == idNative ? 0 : 1] += order.amountIn;
        }
        _assertBacked(address(0), inputs[0]);
        _assertBacked(address(token0), inputs[1]);
        _assertBacked(address(token1), inputs[2]);
    }

    function _openOf(bytes32 poolId) private view returns (Order[] memory found) {
        uint256 count;
        found = new Order[](_orders.length);
        for (uint256 i; i < _orders.length; ++i) {
            bool wanted = _orders[i].poolId == poolId && _orders[i].deadline >= block.timestamp;
            if (wanted && _status(_orders[i]) == OrderStatus.OPEN) found[count++] = _orders[i];
        }
        assembly ("memory-safe") {
            mstore(found, count)
        }
    }

    function _count(uint8 status) private view returns (uint256 count) {
        for (uint256 i; i < _orders.length; ++i) {
            if (_status(_orders[i]) == status) ++count;
        }
    }

    function _random(uint256 below) private returns (uint256) {
        _seed = uint256(keccak256(abi.encode(_seed)));
        return _seed % below;
    }
}
