//! The order's id: its EIP-712 digest under name `DarkCoW`, version `1`, the chain id and the manager.

use crate::input::{BatchInput, Order, Word};
use crate::keccak::keccak256;
use crate::Permutation;

/// keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
const DOMAIN_TYPEHASH: Word = [
    0x8b, 0x73, 0xc3, 0xc6, 0x9b, 0xb8, 0xfe, 0x3d, 0x51, 0x2e, 0xcc, 0x4c, 0xf7, 0x59, 0xcc, 0x79,
    0x23, 0x9f, 0x7b, 0x17, 0x9b, 0x0f, 0xfa, 0xca, 0xa9, 0xa7, 0x5d, 0x52, 0x2b, 0x39, 0x40, 0x0f,
];
/// keccak256("DarkCoW")
const NAME_HASH: Word = [
    0x56, 0x9f, 0x3a, 0x7f, 0x05, 0x6f, 0x2c, 0x6b, 0x1c, 0x56, 0xeb, 0x9b, 0x24, 0x6e, 0x26, 0x25,
    0xd8, 0xa4, 0x86, 0x5f, 0xf6, 0x1b, 0x45, 0xa0, 0xb9, 0xcb, 0x99, 0x50, 0xfc, 0x92, 0x7b, 0xa5,
];
/// keccak256("1")
const VERSION_HASH: Word = [
    0xc8, 0x9e, 0xfd, 0xaa, 0x54, 0xc0, 0xf2, 0x0c, 0x7a, 0xdf, 0x61, 0x28, 0x82, 0xdf, 0x09, 0x50,
    0xf5, 0xa9, 0x51, 0x63, 0x7e, 0x03, 0x07, 0xcd, 0xcb, 0x4c, 0x67, 0x2f, 0x29, 0x8b, 0x8b, 0xc6,
];
/// keccak256("Order(address owner,bytes32 poolId,bool zeroForOne,uint128 amountIn,uint128 minOut,uint40 deadline,uint256
/// salt)"), without the line break
const ORDER_TYPEHASH: Word = [
    0x3d, 0xc8, 0xff, 0xf2, 0x4c, 0xc3, 0xe5, 0x32, 0x80, 0x1e, 0x29, 0x1b, 0x1e, 0xb5, 0x59, 0x67,
    0x9c, 0xb3, 0x4c, 0x49, 0x00, 0xeb, 0xf4, 0xfd, 0x90, 0xfc, 0x89, 0x49, 0xa3, 0x56, 0x76, 0x63,
];

/// The EIP-712 domain separator of the batch's deployment.
pub fn domain_separator<P: Permutation>(batch: &BatchInput<'_>) -> Word {
    keccak256::<P>(&[&DOMAIN_TYPEHASH, &NAME_HASH, &VERSION_HASH, batch.chain_id, batch.manager])
}

/// The id that the order's terms give.
pub fn order_id<P: Permutation>(order: &Order<'_>, separator: &Word) -> Word {
    let struct_hash = keccak256::<P>(&[&ORDER_TYPEHASH, order.encoding.as_flattened()]);
    // One buffer, so that the hash absorbs whole lanes in spite of the two bytes in front.
    let mut message = [0; 2 + 32 + 32];
    message[..2].copy_from_slice(b"\x19\x01");
    message[2..34].copy_from_slice(separator);
    message[34..].copy_from_slice(&struct_hash);
    keccak256::<P>(&[&message])
}

#[cfg(all(test, feature = "native"))]
mod tests {
    use super::*;
    use crate::Software;

    #[test]
    fn type_hashes_are_those_of_their_texts() {
        let hash = |text: &str| keccak256::<Software>(&[text.as_bytes()]);
        let domain =
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
        let order =
            "Order(address owner,bytes32 poolId,bool zeroForOne,uint128 amountIn,uint128 minOut,\
                     uint40 deadline,uint256 salt)";
        assert_eq!(hash(domain), DOMAIN_TYPEHASH);
        assert_eq!(hash("DarkCoW"), NAME_HASH);
        assert_eq!(hash("1"), VERSION_HASH);
        assert_eq!(hash(order), ORDER_TYPEHASH);
    }
}
