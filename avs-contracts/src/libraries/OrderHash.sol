// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Order} from "../types/Types.sol";

/// @title EIP-712 hashes of what traders and operators sign.
library OrderHash {
    bytes32 private constant DOMAIN_TYPEHASH = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 private constant NAME_HASH = keccak256("DarkCoW");
    bytes32 private constant VERSION_HASH = keccak256("1");
    bytes32 internal constant ORDER_TYPEHASH = keccak256(
        "Order(address owner,bytes32 poolId,bool zeroForOne,uint128 amountIn,uint128 minOut,uint40 deadline,uint256 salt)"
    );
    bytes32 internal constant RESPONSE_TYPEHASH = keccak256("Response(bytes32 publicValuesHash)");

    function structHash(Order calldata order) internal pure returns (bytes32) {
        return keccak256(abi.encode(ORDER_TYPEHASH, order));
    }

    function responseHash(bytes32 publicValuesHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(RESPONSE_TYPEHASH, publicValuesHash));
    }

    function domainSeparator(uint256 chainId, address manager) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_TYPEHASH, NAME_HASH, VERSION_HASH, chainId, manager));
    }

    function digest(bytes32 separator, bytes32 hash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked("\x19\x01", separator, hash));
    }
}
