// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Order} from "../src/types/Types.sol";
import {Base} from "./Base.t.sol";

contract SettlementTest is Base {
    function test_respondToBatch__two_sided_section__pays_everyone_and_keeps_fees() public {
        Order memory a = _place(alice, idTokens, true, 3e18);
        Order memory b = _place(bob, idTokens, false, 1e18);
        uint256 before0 = token0.balanceOf(bob);
        uint256 before1 = token1.balanceOf(alice);
        assertEq(_respond(_batch(idTokens, _list(a, b))), 1);
        // bob is on the light side: 1e18 at price 1 less 30 bps
        assertEq(token0.balanceOf(bob) - before0, 0.997e18);
        uint256 got = token1.balanceOf(alice) - before1;
        assertGt(got, 2.98e18);
        assertLt(got, 3e18);
        assertEq(_status(a), 2);
        assertEq(_status(b), 2);
        assertEq(manager.feesAccrued(address(token0)), 0.003e18);
        _assertAllBacked();
    }
}
