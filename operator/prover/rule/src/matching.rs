//! Clauses 0 to 7 of the batch rule, in the order in which the Python implementation checks them.

use crate::input::{BatchInput, Order, Section, Word};
use crate::integer::U256;
use crate::order_id::{domain_separator, order_id};
use crate::{Permutation, Violation};

const FEE_BASE: u16 = 10_000;

/// What one order receives, in the currency that it buys: `gross = fee + net`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Before the fee.
    pub gross: U256,
    /// The fee, rounded up.
    pub fee: U256,
    /// After the fee.
    pub net: U256,
}

/// Input sums of the two sides, and which one is worth more at the reference price.
struct Sides {
    heavy_is_zero: bool,
    heavy_input: U256,
    light_input: U256,
}

/// The whole rule; `on_payout` hears the payouts in the order of the input.
pub fn check<P: Permutation>(
    batch: &BatchInput<'_>,
    mut on_payout: impl FnMut(&Payout),
) -> Result<(), Violation> {
    check_shape(batch)?;
    let separator = domain_separator::<P>(batch);
    let mut rest = batch.orders.as_slice();
    for section in &batch.sections {
        let (orders, others) = rest.split_at(section.order_ids.len());
        rest = others;
        check_section(section, orders, &mut on_payout)?;
        check_orders::<P>(section, orders, &separator, batch.valid_until)?;
    }
    Ok(())
}

/// Clause 0.
fn check_shape(batch: &BatchInput<'_>) -> Result<(), Violation> {
    let sections = &batch.sections;
    let ascending = sections.is_sorted_by(|left, right| left.pool_id < right.pool_id);
    let ids: usize = sections.iter().map(|section| section.order_ids.len()).sum();
    let filled = sections.iter().all(|section| !section.order_ids.is_empty());
    ensure(
        !sections.is_empty() && ascending && filled && ids == batch.orders.len(),
        Violation::Shape,
    )
}

/// Clause 1.
fn check_orders<P: Permutation>(
    section: &Section<'_>,
    orders: &[Order<'_>],
    separator: &Word,
    valid_until: &Word,
) -> Result<(), Violation> {
    let ascending = section.order_ids.is_sorted_by(|left, right| left < right);
    ensure(ascending, Violation::Sequence)?;
    let valid_until = U256::from_be_bytes(valid_until);
    for (listed, order) in section.order_ids.iter().zip(orders) {
        ensure(order.pool_id == section.pool_id, Violation::Pool)?;
        ensure(U256::from(u128::from(order.deadline)) >= valid_until, Violation::Deadline)?;
        ensure(order_id::<P>(order, separator) == *listed, Violation::OrderId)?;
    }
    Ok(())
}

/// Clauses 2 to 7, with the swap's output taken as the section's `minOut`.
fn check_section(
    section: &Section<'_>,
    orders: &[Order<'_>],
    on_payout: &mut impl FnMut(&Payout),
) -> Result<(), Violation> {
    check_ranges(section, orders)?;
    let sides = weigh(section, orders)?;
    ensure(section.remainder_zero_for_one == sides.heavy_is_zero, Violation::HeavySide)?;
    check_remainder(section, orders, &sides)?;
    ensure(section.remainder_in != 0 || section.min_out == 0, Violation::MinOut)?;

    let pot = add(sides.light_input, U256::from(section.min_out))?;
    for order in orders {
        let gross = if order.zero_for_one == sides.heavy_is_zero {
            let amount = U256::from(order.amount_in);
            pot.mul_div(amount, sides.heavy_input).ok_or(Violation::Range)?
        } else {
            light_gross(order, section.price_x128)?
        };
        let payout = after_fee(gross, section.fee_bps)?;
        ensure(payout.net >= U256::from(order.min_out), Violation::Limit)?;
        on_payout(&payout);
    }
    Ok(())
}

fn check_ranges(section: &Section<'_>, orders: &[Order<'_>]) -> Result<(), Violation> {
    let amounts = orders.iter().all(|order| order.amount_in != 0);
    let ranges = !section.price_x128.is_zero() && section.fee_bps <= FEE_BASE;
    ensure(amounts && ranges, Violation::Range)
}

/// Clause 2: token0 sellers are heavy iff floor(S0*p / 2^128) >= S1. Each sum has at most 128 bits.
fn weigh(section: &Section<'_>, orders: &[Order<'_>]) -> Result<Sides, Violation> {
    let (mut sum0, mut sum1) = (0_u128, 0_u128);
    for order in orders {
        let sum = if order.zero_for_one { &mut sum0 } else { &mut sum1 };
        *sum = sum.checked_add(order.amount_in).ok_or(Violation::Range)?;
    }
    let (input0, input1) = (U256::from(sum0), U256::from(sum1));
    // 128 bits times 256, less 128, always has 256.
    let worth = input0.mul_q128(section.price_x128).ok_or(Violation::Range)?;
    Ok(if worth >= input1 {
        Sides { heavy_is_zero: true, heavy_input: input0, light_input: input1 }
    } else {
        Sides { heavy_is_zero: false, heavy_input: input1, light_input: input0 }
    })
}

/// Clause 3: the order's input at the reference price, rounded down.
fn light_gross(order: &Order<'_>, price: U256) -> Result<U256, Violation> {
    let amount = U256::from(order.amount_in);
    let gross = if order.zero_for_one { amount.mul_q128(price) } else { amount.div_q128(price) };
    gross.ok_or(Violation::Range)
}

/// Clause 4: the remainder is what the heavy side has left after the light side is paid.
fn check_remainder(
    section: &Section<'_>,
    orders: &[Order<'_>],
    sides: &Sides,
) -> Result<(), Violation> {
    let mut paid = U256::ZERO;
    for order in orders.iter().filter(|order| order.zero_for_one != sides.heavy_is_zero) {
        paid = add(paid, light_gross(order, section.price_x128)?)?;
    }
    let remainder = sides.heavy_input.checked_sub(paid);
    ensure(remainder == Some(U256::from(section.remainder_in)), Violation::Remainder)
}

/// Clause 6.
fn after_fee(gross: U256, fee_bps: u16) -> Result<Payout, Violation> {
    let kept = U256::from(u128::from(FEE_BASE - fee_bps));
    // gross - ceil(gross*bps / base) = floor(gross * (base - bps) / base)
    let net = gross.mul_div(kept, U256::from(u128::from(FEE_BASE))).ok_or(Violation::Range)?;
    let fee = gross.checked_sub(net).ok_or(Violation::Range)?;
    Ok(Payout { gross, fee, net })
}

fn add(left: U256, right: U256) -> Result<U256, Violation> {
    left.checked_add(right).ok_or(Violation::Range)
}

fn ensure(holds: bool, violation: Violation) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(violation)
    }
}
