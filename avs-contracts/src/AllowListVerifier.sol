// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IResponseVerifier} from "./interfaces/IResponseVerifier.sol";

/// @title AllowListVerifier
/// @notice Enough weight of a list that the owner keeps. Certificate: `abi.encode(address[] signers,
/// bytes[] signatures)`, signers strictly ascending, 65-byte ECDSA signatures of the response digest.
contract AllowListVerifier is IResponseVerifier, Ownable2Step {
    mapping(address signer => uint256) public weightOf;
    uint256 public totalWeight;
    uint256 public threshold;

    event SignerSet(address indexed signer, uint256 weight);
    event ThresholdSet(uint256 threshold);

    error CannotRenounce();
    error InvalidThreshold(uint256 threshold);
    error LengthMismatch();
    error ZeroAddress();

    constructor(
        address owner_,
        address[] memory signers,
        uint256[] memory weights,
        uint256 threshold_
    ) Ownable(owner_) {
        require(signers.length == weights.length, LengthMismatch());
        for (uint256 i; i < signers.length; ++i) {
            _setSigner(signers[i], weights[i]);
        }
        _setThreshold(threshold_);
    }

    /// @notice Weight 0 removes the signer. The list must stay able to reach the threshold.
    function setSigner(address signer, uint256 weight) external onlyOwner {
        _setSigner(signer, weight);
        require(threshold <= totalWeight, InvalidThreshold(threshold));
    }

    /// @notice Weight that a certificate needs; 1 to `totalWeight`.
    function setThreshold(uint256 threshold_) external onlyOwner {
        _setThreshold(threshold_);
    }

    /// @notice Never: a signer whose key is stolen could not be removed any more.
    function renounceOwnership() public pure override {
        revert CannotRenounce();
    }

    /// @inheritdoc IResponseVerifier
    function verifyResponse(bytes32, bytes32 digest, bytes calldata certificate)
        external
        view
        returns (bool)
    {
        (address[] memory signers, bytes[] memory signatures) =
            abi.decode(certificate, (address[], bytes[]));
        if (signers.length != signatures.length) return false;
        uint256 weight;
        address previous;
        for (uint256 i; i < signers.length; ++i) {
            // ascending from zero: neither a duplicate nor the zero address can pass
            if (signers[i] <= previous) return false;
            previous = signers[i];
            (address recovered, ECDSA.RecoverError failure,) =
                ECDSA.tryRecover(digest, signatures[i]);
            if (failure != ECDSA.RecoverError.NoError || recovered != signers[i]) return false;
            weight += weightOf[recovered];
        }
        return weight >= threshold;
    }

    function _setSigner(address signer, uint256 weight) private {
        require(signer != address(0), ZeroAddress());
        totalWeight = totalWeight - weightOf[signer] + weight;
        weightOf[signer] = weight;
        emit SignerSet(signer, weight);
    }

    function _setThreshold(uint256 threshold_) private {
        require(threshold_ != 0 && threshold_ <= totalWeight, InvalidThreshold(threshold_));
        threshold = threshold_;
        emit ThresholdSet(threshold_);
    }
}
