// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Who vouches for a batch: one implementation per way of counting operator stake.
interface IResponseVerifier {
    /// @notice Whether enough weight signed the response.
    /// @param publicValuesHash keccak256 of the batch's public values
    /// @param digest EIP-712 digest of `Response(bytes32 publicValuesHash)` in the manager's domain
    /// @param certificate implementation-defined encoding of signers and signatures
    /// @dev Returns false for a certificate that is not good enough; may revert for one that does not decode.
    function verifyResponse(bytes32 publicValuesHash, bytes32 digest, bytes calldata certificate)
        external
        view
        returns (bool);
}
