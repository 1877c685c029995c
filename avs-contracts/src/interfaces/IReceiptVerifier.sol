// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Proving, Receipt} from "../types/Types.sol";

/// @title Whether zkVerify verified a proof of given public values: one contract per program, circuit and zkVerify domain.
/// @notice Nothing of it can be changed: another program is another contract, which the manager is configured with.
interface IReceiptVerifier {
    error InvalidProving();
    error UnknownRoute(uint8 route);
    error RouteDisabled(uint8 route);
    error ProofNonceOutOfRange();

    /// @notice Whether the statement of these public values is where the receipt says, in a posted aggregation.
    /// @dev Reverts as `statementOf` does, and with the aggregation contract's errors.
    function verifyReceipt(bytes calldata publicValues, Receipt calldata receipt)
        external
        view
        returns (bool);

    /// @notice The zkVerify statement that a proof of these public values makes.
    /// @dev Reverts: UnknownRoute, RouteDisabled, ProofNonceOutOfRange.
    function statementOf(bytes calldata publicValues, uint8 route, uint256 proofNonce)
        external
        view
        returns (bytes32);

    /// @notice What is proven, and where its receipts are looked for.
    function proving() external view returns (Proving memory);
}
