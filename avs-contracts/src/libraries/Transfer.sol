// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Sending tokens to a recipient that may be hostile: capped gas, no copy of what it returns.
library Transfer {
    /// @notice Sends native currency (`currency` zero) or an ERC-20; false if the recipient or token refuses.
    /// @dev An ERC-20 succeeds if it returns nothing or true, and has code.
    function trySend(address currency, address to, uint256 amount, uint256 gasLimit)
        internal
        returns (bool sent)
    {
        if (currency == address(0)) {
            assembly ("memory-safe") {
                sent := call(gasLimit, to, amount, 0, 0, 0, 0)
            }
            return sent;
        }
        bytes memory data = abi.encodeCall(IERC20.transfer, (to, amount));
        assembly ("memory-safe") {
            mstore(0x00, 0)
            sent := call(gasLimit, currency, 0, add(data, 0x20), mload(data), 0x00, 0x20)
            switch returndatasize()
            case 0 { sent := and(sent, gt(extcodesize(currency), 0)) }
            default { sent := and(sent, and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1))) }
        }
    }
}
