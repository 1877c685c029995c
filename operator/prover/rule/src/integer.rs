//! Exact integers of 256 bits, and the three products that need more.
//!
//! The reference page bounds every value: only `S0*p`, `amountIn*p`, `amountIn*2^128` and `pot*amountIn` pass 256 bits or
//! need a long division. Division is Knuth's algorithm D over 32-bit digits: the zkVM divides 64 bits by 64 in one
//! instruction, and 128 by 64 only in software.

use core::cmp::Ordering;

const LIMBS: usize = 4;
const WIDE_LIMBS: usize = 8;
const DIGITS: usize = 2 * WIDE_LIMBS;

/// An unsigned integer of 256 bits; limbs from the least significant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct U256([u64; LIMBS]);

/// A product, before it is divided or shifted.
type Wide = [u64; WIDE_LIMBS];

impl U256 {
    /// Zero.
    pub const ZERO: Self = Self([0; LIMBS]);

    /// Reads 32 bytes, big-endian.
    #[must_use]
    pub fn from_be_bytes(bytes: &[u8; 32]) -> Self {
        let mut limbs = [0; LIMBS];
        for (limb, chunk) in limbs.iter_mut().rev().zip(bytes.as_chunks::<8>().0) {
            *limb = u64::from_be_bytes(*chunk);
        }
        Self(limbs)
    }

    /// Writes 32 bytes, big-endian.
    #[must_use]
    pub fn to_be_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, limb) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(self.0.iter().rev()) {
            *chunk = limb.to_be_bytes();
        }
        bytes
    }

    /// Whether the value is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == [0; LIMBS]
    }

    /// The sum, if it has 256 bits.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (sum, carry) = chain(self, other, add_with_carry);
        (!carry).then_some(sum)
    }

    /// The difference, if it is not negative.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let (difference, borrow) = chain(self, other, subtract_with_borrow);
        (!borrow).then_some(difference)
    }

    /// `floor(self * factor / 2^128)`, if it has 256 bits.
    #[must_use]
    pub fn mul_q128(self, factor: Self) -> Option<Self> {
        let product = product(&self, &factor);
        let (_, quotient) = product.split_at(2);
        narrow(quotient)
    }

    /// `floor(self * 2^128 / divisor)`, if it has 256 bits. The divisor is not zero.
    #[must_use]
    pub fn div_q128(self, divisor: Self) -> Option<Self> {
        let mut shifted = [0; WIDE_LIMBS];
        shifted[2..2 + LIMBS].copy_from_slice(&self.0);
        narrow(&quotient(&shifted, &divisor))
    }

    /// `floor(self * factor / divisor)`, if it has 256 bits. The divisor is not zero.
    #[must_use]
    pub fn mul_div(self, factor: Self, divisor: Self) -> Option<Self> {
        narrow(&quotient(&product(&self, &factor), &divisor))
    }
}

impl From<u128> for U256 {
    fn from(value: u128) -> Self {
        Self([value as u64, (value >> 64) as u64, 0, 0])
    }
}

impl PartialOrd for U256 {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for U256 {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.iter().rev().cmp(other.0.iter().rev())
    }
}

fn add_with_carry(left: u64, right: u64, carry: bool) -> (u64, bool) {
    let (sum, first) = left.overflowing_add(right);
    let (sum, second) = sum.overflowing_add(u64::from(carry));
    (sum, first || second)
}

fn subtract_with_borrow(left: u64, right: u64, borrow: bool) -> (u64, bool) {
    let (difference, first) = left.overflowing_sub(right);
    let (difference, second) = difference.overflowing_sub(u64::from(borrow));
    (difference, first || second)
}

/// Combines limb by limb, and passes the carry on.
fn chain(left: U256, right: U256, combine: impl Fn(u64, u64, bool) -> (u64, bool)) -> (U256, bool) {
    let (mut limbs, mut carry) = (left.0, false);
    for (limb, other) in limbs.iter_mut().zip(right.0) {
        (*limb, carry) = combine(*limb, other, carry);
    }
    (U256(limbs), carry)
}

/// 256 bits of limbs, the least significant first; nothing if more are set.
fn narrow(limbs: &[u64]) -> Option<U256> {
    let (low, high) = limbs.split_first_chunk::<LIMBS>()?;
    high.iter().all(|limb| *limb == 0).then_some(U256(*low))
}

fn product(left: &U256, right: &U256) -> Wide {
    let mut wide = [0; WIDE_LIMBS];
    for (i, a) in left.0.iter().enumerate().filter(|(_, a)| **a != 0) {
        let mut carry = 0;
        for (j, b) in right.0.iter().enumerate() {
            let sum = u128::from(*a) * u128::from(*b) + u128::from(wide[i + j]) + u128::from(carry);
            wide[i + j] = sum as u64;
            carry = (sum >> 64) as u64;
        }
        wide[i + LIMBS] = carry;
    }
    wide
}

/// `floor(dividend / divisor)`.
fn quotient(dividend: &Wide, divisor: &U256) -> Wide {
    let mut digits = [0; DIGITS + 1];
    let used = split(dividend, &mut digits);
    let mut divisor_digits = [0; 2 * LIMBS];
    let divisor_used = split(&divisor.0, &mut divisor_digits);
    let divisor_digits = &mut divisor_digits[..divisor_used];
    let mut result = [0; DIGITS];
    match divisor_digits {
        [single] => divide_by_digit(&digits[..used], *single, &mut result),
        _ if used >= divisor_used => divide_long(&mut digits[..=used], divisor_digits, &mut result),
        _ => {}
    }
    join(&result)
}

/// Schoolbook division by one digit.
fn divide_by_digit(dividend: &[u32], divisor: u32, result: &mut [u32]) {
    let (divisor, mut rest) = (u64::from(divisor), 0);
    for (digit, quotient) in dividend.iter().zip(result).rev() {
        let current = rest << 32 | u64::from(*digit);
        *quotient = (current / divisor) as u32;
        rest = current % divisor;
    }
}

/// Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm D.
///
/// `dividend` has a spare zero digit on top; `divisor` has two digits or more and no zero on top.
fn divide_long(dividend: &mut [u32], divisor: &mut [u32], result: &mut [u32]) {
    let count = divisor.len();
    let shift = divisor[count - 1].leading_zeros();
    shift_left(dividend, shift);
    shift_left(divisor, shift);
    for at in (0..dividend.len() - count).rev() {
        let window = &mut dividend[at..=at + count];
        let mut digit = estimate(window, divisor);
        if subtract_product(window, divisor, digit) {
            digit -= 1;
            add_back(window, divisor);
        }
        result[at] = digit;
    }
}

/// D3: the quotient's digit, or one more.
fn estimate(window: &[u32], divisor: &[u32]) -> u32 {
    let count = divisor.len();
    let (top, next) = (u64::from(divisor[count - 1]), u64::from(divisor[count - 2]));
    let head = u64::from(window[count]) << 32 | u64::from(window[count - 1]);
    let (mut digit, mut rest) = (head / top, head % top);
    while digit >> 32 != 0 || digit * next > (rest << 32 | u64::from(window[count - 2])) {
        digit -= 1;
        rest += top;
        if rest >> 32 != 0 {
            break;
        }
    }
    digit as u32
}

/// D4: subtracts `digit * divisor`; whether that went below zero.
fn subtract_product(window: &mut [u32], divisor: &[u32], digit: u32) -> bool {
    let (mut carry, mut borrow) = (0, false);
    let factors = divisor.iter().copied().chain([0]);
    for (place, factor) in window.iter_mut().zip(factors) {
        let sum = u64::from(factor) * u64::from(digit) + carry;
        carry = sum >> 32;
        let (difference, first) = place.overflowing_sub(sum as u32);
        let (difference, second) = difference.overflowing_sub(u32::from(borrow));
        (*place, borrow) = (difference, first || second);
    }
    borrow
}

/// D6: adds the divisor back; the carry out of the top cancels the borrow.
fn add_back(window: &mut [u32], divisor: &[u32]) {
    let mut carry = 0;
    for (place, addend) in window.iter_mut().zip(divisor.iter().copied().chain([0])) {
        let sum = u64::from(*place) + u64::from(addend) + carry;
        *place = sum as u32;
        carry = sum >> 32;
    }
}

fn shift_left(digits: &mut [u32], shift: u32) {
    let mut carry = 0;
    for digit in digits {
        let shifted = u64::from(*digit) << shift | carry;
        *digit = shifted as u32;
        carry = shifted >> 32;
    }
}

/// Splits limbs into digits; the count of digits up to the last that is not zero.
fn split(limbs: &[u64], digits: &mut [u32]) -> usize {
    for (limb, pair) in limbs.iter().zip(digits.as_chunks_mut::<2>().0) {
        *pair = [*limb as u32, (*limb >> 32) as u32];
    }
    digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1)
}

fn join(digits: &[u32; DIGITS]) -> Wide {
    let mut wide = [0; WIDE_LIMBS];
    for (limb, [low, high]) in wide.iter_mut().zip(digits.as_chunks::<2>().0) {
        *limb = u64::from(*high) << 32 | u64::from(*low);
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values around the borders of digits and limbs, where a division goes wrong if anywhere.
    fn borders() -> alloc::vec::Vec<U256> {
        let mut found = alloc::vec![];
        for bit in [0, 1, 31, 32, 33, 63, 64, 65, 95, 96, 127, 128, 129, 191, 192, 255] {
            let mut limbs = [0; LIMBS];
            limbs[bit / 64] = 1 << (bit % 64);
            let power = U256(limbs);
            found.push(power);
            found.extend(power.checked_sub(U256::from(1)));
            found.extend(power.checked_add(U256::from(1)));
        }
        found.push(U256([u64::MAX; LIMBS]));
        found.push(U256([0, u64::MAX, 0, u64::MAX]));
        found.push(U256([u64::MAX, 0, u64::MAX - 1, 1 << 63]));
        found
    }

    fn add_wide(left: &Wide, right: &U256) -> Wide {
        let (mut sum, mut carry) = (*left, false);
        for (i, limb) in sum.iter_mut().enumerate() {
            let addend = right.0.get(i).copied().unwrap_or(0);
            (*limb, carry) = add_with_carry(*limb, addend, carry);
        }
        sum
    }

    #[test]
    fn quotient_of_a_product_and_a_smaller_rest_is_the_factor() {
        for factor in borders() {
            for divisor in borders().into_iter().filter(|divisor| !divisor.is_zero()) {
                for rest in borders().into_iter().filter(|rest| *rest < divisor) {
                    let dividend = add_wide(&product(&factor, &divisor), &rest);
                    assert_eq!(narrow(&quotient(&dividend, &divisor)), Some(factor));
                }
            }
        }
    }

    #[test]
    fn mul_div_that_needs_more_than_256_bits_is_none() {
        let top = U256([u64::MAX; LIMBS]);
        assert_eq!(top.mul_div(top, U256::from(1)), None);
        assert_eq!(top.mul_div(top, top), Some(top));
        assert_eq!(U256::from(7).div_q128(U256::from(1)), Some(U256([0, 0, 7, 0])));
        assert_eq!(
            U256::from(u128::MAX).mul_q128(U256::from(u128::MAX)),
            Some(U256::from(u128::MAX - 1))
        );
    }

    #[test]
    fn bytes_there_and_back_are_the_same() {
        for value in borders() {
            assert_eq!(U256::from_be_bytes(&value.to_be_bytes()), value);
        }
    }
}
