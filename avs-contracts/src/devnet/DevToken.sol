// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @title An ERC-20 for the devnet: anyone mints, and anyone refuses or accepts tokens for themselves.
/// @dev Never deploy it where tokens have value.
contract DevToken is ERC20 {
    uint8 private immutable _decimals;

    /// @notice Accounts that cannot receive: what a blacklisting token does to a payout.
    mapping(address account => bool) public refuses;

    error RecipientRefuses(address account);

    constructor(string memory name_, string memory symbol_, uint8 decimals_) ERC20(name_, symbol_) {
        _decimals = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Lets the caller refuse transfers to itself, or accept them again.
    function setRefuses(bool refuses_) external {
        refuses[msg.sender] = refuses_;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!refuses[to], RecipientRefuses(to));
        super._update(from, to, value);
    }
}
