// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A contract wallet for the devnet that can refuse native payouts.
/// @notice It owns orders, signs them by ERC-1271 with its controller's key, and does what the controller says.
/// For a token payout that is refused, let it call `DevToken.setRefuses(true)`.
contract RefusingRecipient is IERC1271 {
    address public immutable controller;
    bool public refusing = true;

    error Refused();
    error NotController();
    error CallFailed(bytes reason);

    modifier onlyController() {
        require(msg.sender == controller, NotController());
        _;
    }

    constructor(address controller_) payable {
        controller = controller_;
    }

    receive() external payable {
        require(!refusing, Refused());
    }

    function setRefusing(bool refusing_) external onlyController {
        refusing = refusing_;
    }

    /// @notice Calls anything as this wallet: approve, place a swap, cancel, withdraw a credit.
    function execute(address target, uint256 value, bytes calldata data)
        external
        payable
        onlyController
        returns (bytes memory result)
    {
        bool ok;
        (ok, result) = target.call{value: value}(data);
        require(ok, CallFailed(result));
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature)
        external
        view
        returns (bytes4)
    {
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecover(hash, signature);
        bool valid = failure == ECDSA.RecoverError.NoError && recovered == controller;
        return valid ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
