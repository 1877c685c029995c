// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Order, Receipt as ZkReceipt} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";

/// @dev What the gas snapshot watches: only the measured call is metered.
contract GasTest is Base {
    function setUp() public override {
        super.setUp();
        // first-time storage of the ledgers and balances is not what a batch usually pays for
        _respond(_batch(idTokens, _random(4)));
    }

    function test_gas__respondToBatch__1_order() public {
        _measure(1);
    }

    function test_gas__respondToBatch__10_orders() public {
        _measure(10);
    }

    function test_gas__respondToBatch__50_orders() public {
        _measure(50);
    }

    function test_gas__respondToBatch__100_orders() public {
        _measure(100);
    }

    function test_gas__postOrders__20_orders() public {
        vm.pauseGasMetering();
        Order[] memory orders = new Order[](20);
        bytes[] memory signatures = new bytes[](20);
        for (uint256 i; i < 20; ++i) {
            orders[i] = _order(alice, idTokens, i % 2 == 0, 1e18);
            signatures[i] = _sign(aliceKey, manager.orderIdOf(orders[i]));
        }
        vm.resumeGasMetering();
        manager.postOrders(orders, signatures);
        vm.pauseGasMetering();
        assertEq(_status(orders[19]), 1);
    }

    function test_gas__swap__1_order() public {
        vm.pauseGasMetering();
        Order memory order = _order(alice, idTokens, true, 1e18);
        bytes memory data = _hookData(order);
        vm.prank(carol);
        vm.resumeGasMetering();
        router.swap(keyTokens, true, -1e18, data);
    }

    function test_gas__refund__10_orders() public {
        vm.pauseGasMetering();
        Order[] memory orders = _random(10);
        skip(2 hours);
        vm.resumeGasMetering();
        manager.refund(orders);
    }

    function _measure(uint256 count) private {
        vm.pauseGasMetering();
        Batch memory batch = _batch(idTokens, _random(count));
        bytes memory values = _publicValues(batch);
        ZkReceipt memory receipt = _receipt(values, 0, 0);
        bytes memory certificate = _certificate(values);
        vm.resumeGasMetering();
        uint256 settled =
            manager.respondToBatch(values, batch.sections, batch.orders, receipt, certificate);
        vm.pauseGasMetering();
        assertEq(settled, 1);
    }

    /// @dev Every order has an owner of its own who has held neither token: the dearest case.
    function _random(uint256 count) private returns (Order[] memory orders) {
        orders = new Order[](count);
        for (uint256 i; i < count; ++i) {
            address owner = address(uint160(uint256(keccak256(abi.encode(count, i)))));
            orders[i] = _place(owner, idTokens, i % 2 == 0, 1e18 + i);
        }
    }
}
