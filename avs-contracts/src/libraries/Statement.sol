// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title zkVerify statements: the leaf value that says "this proof was verified".
/// @dev keccak256(keccak256(context) ‖ vkHash ‖ sha256(version) ‖ keccak256(public inputs)); both verifiers
/// used here have the empty version string. The hashes of real proofs are in the tests.
library Statement {
    bytes32 internal constant GROTH16_CONTEXT = keccak256("groth16");
    bytes32 internal constant SP1_CONTEXT = keccak256("sp1");
    bytes32 internal constant EMPTY_VERSION =
        0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;

    /// @notice Order of the BN254 scalar field: public inputs are below it.
    uint256 internal constant SCALAR_FIELD =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;
    uint256 private constant DIGEST_MASK = (1 << 253) - 1;

    /// @notice Statement of a Groth16 proof by zkVerify's pallet, for given bytes of public inputs.
    function groth16(bytes32 vkHash, bytes memory pubs) internal pure returns (bytes32) {
        return _statement(GROTH16_CONTEXT, vkHash, keccak256(pubs));
    }

    /// @notice Statement of an SP1 shrink proof by zkVerify's pallet.
    function sp1(bytes32 vkey, bytes memory publicValues) internal pure returns (bytes32) {
        return _statement(SP1_CONTEXT, vkey, keccak256(publicValues));
    }

    /// @notice Public inputs of SP1's Groth16 circuit as the pallet hashes them: program vkey, digest of the
    /// public values, exit code 0, recursion root, nonce; 32 bytes little-endian each.
    function sp1Groth16Inputs(
        bytes32 programVkey,
        bytes memory publicValues,
        bytes32 recursionRoot,
        uint256 proofNonce
    ) internal pure returns (bytes memory) {
        return abi.encodePacked(
            littleEndian(uint256(programVkey)),
            littleEndian(uint256(sha256(publicValues)) & DIGEST_MASK),
            bytes32(0),
            littleEndian(uint256(recursionRoot)),
            littleEndian(proofNonce)
        );
    }

    /// @notice The number's 32 bytes, least significant first.
    function littleEndian(uint256 v) internal pure returns (bytes32) {
        v = _swap(v, 8, 0x00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF00FF);
        v = _swap(v, 16, 0x0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF0000FFFF);
        v = _swap(v, 32, 0x00000000FFFFFFFF00000000FFFFFFFF00000000FFFFFFFF00000000FFFFFFFF);
        v = _swap(v, 64, 0x0000000000000000FFFFFFFFFFFFFFFF0000000000000000FFFFFFFFFFFFFFFF);
        return bytes32((v >> 128) | (v << 128));
    }

    function _swap(uint256 v, uint256 bits, uint256 mask) private pure returns (uint256) {
        return ((v >> bits) & mask) | ((v & mask) << bits);
    }

    function _statement(bytes32 context, bytes32 vkHash, bytes32 pubsHash)
        private
        pure
        returns (bytes32)
    {
        return keccak256(abi.encodePacked(context, vkHash, EMPTY_VERSION, pubsHash));
    }
}
