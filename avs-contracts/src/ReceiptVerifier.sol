// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IReceiptVerifier} from "./interfaces/IReceiptVerifier.sol";
import {IZkVerifyAggregation} from "./interfaces/IZkVerifyAggregation.sol";
import {Statement} from "./libraries/Statement.sol";
import {Proving, Receipt, Route} from "./types/Types.sol";

/// @title ReceiptVerifier
/// @notice Computes a batch's zkVerify statement from fixed keys and looks for it in a posted aggregation.
contract ReceiptVerifier is IReceiptVerifier {
    IZkVerifyAggregation private immutable _zkVerify;
    uint32 private immutable _domainId;
    bytes32 private immutable _groth16VkHash;
    bytes32 private immutable _groth16ProgramVkey;
    bytes32 private immutable _recursionRoot;
    bytes32 private immutable _shrinkVkey;

    constructor(Proving memory p) {
        bool scalars = uint256(p.groth16ProgramVkey) < Statement.SCALAR_FIELD
            && uint256(p.recursionRoot) < Statement.SCALAR_FIELD;
        bool routes = p.groth16VkHash != 0 || p.shrinkVkey != 0;
        require(p.zkVerify.code.length != 0 && scalars && routes, InvalidProving());
        _zkVerify = IZkVerifyAggregation(p.zkVerify);
        _domainId = p.domainId;
        _groth16VkHash = p.groth16VkHash;
        _groth16ProgramVkey = p.groth16ProgramVkey;
        _recursionRoot = p.recursionRoot;
        _shrinkVkey = p.shrinkVkey;
    }

    /// @inheritdoc IReceiptVerifier
    function verifyReceipt(bytes calldata publicValues, Receipt calldata receipt)
        external
        view
        returns (bool)
    {
        return _zkVerify.verifyProofAggregation(
            _domainId,
            receipt.aggregationId,
            statementOf(publicValues, receipt.route, receipt.proofNonce),
            receipt.path,
            receipt.leafCount,
            receipt.index
        );
    }

    /// @inheritdoc IReceiptVerifier
    function statementOf(bytes calldata publicValues, uint8 route, uint256 proofNonce)
        public
        view
        returns (bytes32)
    {
        require(route <= Route.SHRINK, UnknownRoute(route));
        bytes32 vk = route == Route.SHRINK ? _shrinkVkey : _groth16VkHash;
        require(vk != 0, RouteDisabled(route));
        if (route == Route.SHRINK) return Statement.sp1(vk, publicValues);
        require(proofNonce < Statement.SCALAR_FIELD, ProofNonceOutOfRange());
        return Statement.groth16(
            vk,
            Statement.sp1Groth16Inputs(
                _groth16ProgramVkey, publicValues, _recursionRoot, proofNonce
            )
        );
    }

    /// @inheritdoc IReceiptVerifier
    function proving() external view returns (Proving memory) {
        return Proving({
            zkVerify: address(_zkVerify),
            domainId: _domainId,
            groth16VkHash: _groth16VkHash,
            groth16ProgramVkey: _groth16ProgramVkey,
            recursionRoot: _recursionRoot,
            shrinkVkey: _shrinkVkey
        });
    }
}
