//! The golden cases of `tests/vectors/rule`, which every implementation of the rule must meet.

use std::fs;
use std::path::PathBuf;

use darkcow_rule::{check_batch, Payout, Software, U256};
use serde_json::Value;

/// Cases that only the swap's real output breaks, which is no part of a proof.
const ABOUT_REAL_OUTPUTS: [&str; 1] = ["bad_swap_below_floor"];

type Word = [u8; 32];

#[test]
fn every_golden_case_gives_the_expected_bytes_or_code() {
    let cases = cases();
    assert!(cases.len() >= 44, "{} cases", cases.len());
    for case in cases {
        let name = case["name"].as_str().expect("a name");
        let (answer, payouts) = check(&case);
        match case["expect"]["error"].as_str() {
            Some(_) if ABOUT_REAL_OUTPUTS.contains(&name) => {}
            Some(code) => assert_eq!(answer, Err(code.to_owned()), "{name}"),
            None => {
                assert_eq!(answer, Ok(hex(&case["expect"]["public_values"])), "{name}");
                assert_eq!(payouts, expected_payouts(&case), "{name}");
            }
        }
    }
}

fn check(case: &Value) -> (Result<Vec<u8>, String>, Vec<[Word; 3]>) {
    let mut payouts = Vec::new();
    let values = check_batch::<Software>(&encode(case), |payout: &Payout| {
        payouts.push([payout.gross, payout.fee, payout.net].map(U256::to_be_bytes));
    });
    (values.map(|v| v.to_vec()).map_err(|violation| violation.code().to_owned()), payouts)
}

fn expected_payouts(case: &Value) -> Vec<[Word; 3]> {
    let sections = list(&case["expect"]["at_min_out"]);
    let payouts = sections.iter().flat_map(|section| list(&section["payouts"]));
    payouts.map(|p| ["gross", "fee", "net"].map(|field| number(&p[field]))).collect()
}

fn cases() -> Vec<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/vectors/rule");
    let files = fs::read_dir(folder).expect("the vectors").map(|file| file.expect("a file").path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| serde_json::from_slice(&fs::read(path).expect("a case")).expect("JSON"))
        .collect()
}

/// `abi.encode(uint256 version, uint256 chainId, address manager, uint256 validUntil, Section[], Order[])`.
fn encode(case: &Value) -> Vec<u8> {
    let sections = encode_sections(&list(&case["sections"]));
    let orders = list(&case["orders"]);
    let head = [
        small(1),
        number(&case["chain_id"]),
        left_padded(&case["manager"]),
        number(&case["valid_until"]),
        small(6 * 32),
        small(6 * 32 + 32 * sections.len()),
    ];
    let encoded = orders.iter().flat_map(encode_order);
    head.into_iter().chain(sections).chain([small(orders.len())]).chain(encoded).flatten().collect()
}

fn encode_sections(sections: &[Value]) -> Vec<Word> {
    let tails: Vec<Vec<Word>> = sections.iter().map(encode_section).collect();
    let mut words = vec![small(sections.len())];
    let mut at = sections.len();
    for tail in &tails {
        words.push(small(32 * at));
        at += tail.len();
    }
    words.extend(tails.into_iter().flatten());
    words
}

fn encode_section(section: &Value) -> Vec<Word> {
    let ids = list(&section["order_ids"]);
    let mut words = vec![
        left_padded(&section["pool_id"]),
        number(&section["price_x128"]),
        boolean(&section["remainder_zero_for_one"]),
        number(&section["remainder_in"]),
        number(&section["min_out"]),
        number(&section["fee_bps"]),
        small(7 * 32),
        small(ids.len()),
    ];
    words.extend(ids.iter().map(left_padded));
    words
}

fn encode_order(order: &Value) -> [Word; 7] {
    [
        left_padded(&order["owner"]),
        left_padded(&order["pool_id"]),
        boolean(&order["zero_for_one"]),
        number(&order["amount_in"]),
        number(&order["min_out"]),
        number(&order["deadline"]),
        number(&order["salt"]),
    ]
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().expect("a list").clone()
}

fn small(value: usize) -> Word {
    U256::from(value as u128).to_be_bytes()
}

fn boolean(value: &Value) -> Word {
    small(usize::from(value.as_bool().expect("a bool")))
}

/// A decimal string.
fn number(value: &Value) -> Word {
    let mut word = [0; 32];
    for digit in value.as_str().expect("a decimal string").bytes() {
        let mut carry = u32::from(digit - b'0');
        for byte in word.iter_mut().rev() {
            let product = u32::from(*byte) * 10 + carry;
            *byte = product as u8;
            carry = product >> 8;
        }
    }
    word
}

fn left_padded(value: &Value) -> Word {
    let bytes = hex(value);
    let mut word = [0; 32];
    word[32 - bytes.len()..].copy_from_slice(&bytes);
    word
}

fn hex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().and_then(|text| text.strip_prefix("0x")).expect("hex");
    let bytes = digits.as_bytes().chunks(2);
    bytes
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex"))
        .collect()
}
