// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Test} from "forge-std/Test.sol";
import {Transfer} from "../src/libraries/Transfer.sol";

/// @dev Answers every call with the bytes it was made with, or reverts with them.
contract Answering {
    bytes private _answer;
    bool private _reverts;

    constructor(bytes memory answer, bool reverts) {
        (_answer, _reverts) = (answer, reverts);
    }

    fallback() external payable {
        bytes memory answer = _answer;
        bool reverts = _reverts;
        assembly {
            if reverts { revert(add(answer, 0x20), mload(answer)) }
            return(add(answer, 0x20), mload(answer))
        }
    }
}

/// @dev What counts as sent: every way a token has of answering.
contract TransferTest is Test {
    function test_trySend__tokens__are_believed_only_if_they_say_so() public {
        assertTrue(_send(abi.encode(true), false), "true");
        assertTrue(_send("", false), "no answer, as old tokens do");
        assertTrue(_send(bytes.concat(abi.encode(true), hex"ff"), false), "true and more");
        assertFalse(_send(abi.encode(false), false), "false");
        assertFalse(_send(abi.encode(uint256(2)), false), "neither true nor false");
        assertFalse(_send(hex"01", false), "less than a word");
        assertFalse(_send("", true), "revert");
        assertFalse(_send(abi.encode(true), true), "revert that says true");
    }

    function test_trySend__token_without_code__is_false() public {
        assertFalse(Transfer.trySend(makeAddr("nothing"), address(1), 1, 50_000));
    }

    function test_trySend__native__needs_balance_and_consent() public {
        vm.deal(address(this), 5);
        address payable taker = payable(makeAddr("taker"));
        assertTrue(Transfer.trySend(address(0), taker, 5, 50_000));
        assertEq(taker.balance, 5);
        assertFalse(Transfer.trySend(address(0), taker, 1, 50_000));
        vm.deal(address(this), 5);
        address refusing = address(new Answering("", true));
        assertFalse(Transfer.trySend(address(0), refusing, 5, 50_000));
    }

    function _send(bytes memory answer, bool reverts) private returns (bool) {
        return Transfer.trySend(address(new Answering(answer, reverts)), address(1), 1, 100_000);
    }
}
