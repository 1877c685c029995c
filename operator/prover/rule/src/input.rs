//! The program's input: strict decoding of the canonical ABI encoding, without copying.
//!
//! Only the bytes that the encoder would write are taken: heads and tails in order, padding zero, nothing behind. So a
//! slice of the input can be hashed where the rule asks for an encoding.

use alloc::vec::Vec;

use crate::integer::U256;
use crate::Violation;

/// One ABI word.
pub type Word = [u8; 32];

const VERSION: u64 = 1;
const HEAD_WORDS: usize = 6;
const SECTION_HEAD_WORDS: usize = 7;
/// Words of one order's encoding.
pub const ORDER_WORDS: usize = 7;

/// A decoded batch.
pub struct BatchInput<'a> {
    pub chain_id: &'a Word,
    pub manager: &'a Word,
    pub valid_until: &'a Word,
    /// The encoding of the sections from their count on: the tail of `abi.encode(Section[])`.
    pub sections_encoding: &'a [Word],
    pub sections: Vec<Section<'a>>,
    pub orders: Vec<Order<'a>>,
}

/// One pool's share of the batch.
pub struct Section<'a> {
    pub pool_id: &'a Word,
    pub price_x128: U256,
    pub remainder_zero_for_one: bool,
    pub remainder_in: u128,
    pub min_out: u128,
    pub fee_bps: u16,
    pub order_ids: &'a [Word],
}

/// The terms of one order.
pub struct Order<'a> {
    pub encoding: &'a [Word; ORDER_WORDS],
    pub pool_id: &'a Word,
    pub zero_for_one: bool,
    pub amount_in: u128,
    pub min_out: u128,
    pub deadline: u64,
}

impl<'a> BatchInput<'a> {
    /// Decodes the canonical encoding; [`Violation::Malformed`] for anything else.
    pub fn decode(input: &'a [u8]) -> Result<Self, Violation> {
        let (words, rest) = input.as_chunks::<32>();
        let (head, tail) = words.split_first_chunk::<HEAD_WORDS>().ok_or(Violation::Malformed)?;
        let [version, chain_id, manager, valid_until, sections_at, orders_at] = head;
        require(rest.is_empty() && integer::<8>(version)? == VERSION as u128)?;
        integer_fits::<20>(manager)?;

        let mut reader = Reader { words: tail };
        let sections = reader.sections()?;
        let section_words = tail.len() - reader.words.len();
        let orders = reader.orders()?;
        require(reader.words.is_empty())?;
        require(offset(sections_at)? == HEAD_WORDS)?;
        require(offset(orders_at)? == HEAD_WORDS + section_words)?;
        let sections_encoding = &tail[..section_words];
        Ok(Self { chain_id, manager, valid_until, sections_encoding, sections, orders })
    }
}

impl<'a> Section<'a> {
    fn decode(
        head: &'a [Word; SECTION_HEAD_WORDS],
        order_ids: &'a [Word],
    ) -> Result<Self, Violation> {
        let [pool_id, price, remainder_zero_for_one, remainder_in, min_out, fee_bps, ids_at] = head;
        require(offset(ids_at)? == SECTION_HEAD_WORDS)?;
        Ok(Self {
            pool_id,
            price_x128: U256::from_be_bytes(price),
            remainder_zero_for_one: boolean(remainder_zero_for_one)?,
            remainder_in: integer::<16>(remainder_in)?,
            min_out: integer::<16>(min_out)?,
            fee_bps: integer::<2>(fee_bps)? as u16,
            order_ids,
        })
    }
}

impl<'a> Order<'a> {
    fn decode(encoding: &'a [Word; ORDER_WORDS]) -> Result<Self, Violation> {
        let [owner, pool_id, zero_for_one, amount_in, min_out, deadline, _salt] = encoding;
        integer_fits::<20>(owner)?;
        Ok(Self {
            encoding,
            pool_id,
            zero_for_one: boolean(zero_for_one)?,
            amount_in: integer::<16>(amount_in)?,
            min_out: integer::<16>(min_out)?,
            deadline: integer::<5>(deadline)? as u64,
        })
    }
}

/// What is left to read.
struct Reader<'a> {
    words: &'a [Word],
}

impl<'a> Reader<'a> {
    fn sections(&mut self) -> Result<Vec<Section<'a>>, Violation> {
        let count = self.count()?;
        let offsets = self.take(count)?;
        let start = self.words.len();
        let mut sections = Vec::with_capacity(count);
        for at in offsets {
            // Offsets count from behind the array's length, so the offsets themselves come first.
            require(offset(at)? == count + start - self.words.len())?;
            let head = self.take_chunk()?;
            let ids = self.count()?;
            sections.push(Section::decode(head, self.take(ids)?)?);
        }
        Ok(sections)
    }

    fn orders(&mut self) -> Result<Vec<Order<'a>>, Violation> {
        let count = self.count()?;
        let words = count.checked_mul(ORDER_WORDS).ok_or(Violation::Malformed)?;
        let (orders, _) = self.take(words)?.as_chunks::<ORDER_WORDS>();
        orders.iter().map(Order::decode).collect()
    }

    fn count(&mut self) -> Result<usize, Violation> {
        let [word] = self.take_chunk()?;
        size(word)
    }

    fn take(&mut self, count: usize) -> Result<&'a [Word], Violation> {
        let (taken, rest) = self.words.split_at_checked(count).ok_or(Violation::Malformed)?;
        self.words = rest;
        Ok(taken)
    }

    fn take_chunk<const N: usize>(&mut self) -> Result<&'a [Word; N], Violation> {
        let (taken, rest) = self.words.split_first_chunk::<N>().ok_or(Violation::Malformed)?;
        self.words = rest;
        Ok(taken)
    }
}

fn require(holds: bool) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(Violation::Malformed)
    }
}

/// An offset, in words.
fn offset(word: &Word) -> Result<usize, Violation> {
    let bytes = size(word)?;
    require(bytes % 32 == 0)?;
    Ok(bytes / 32)
}

fn size(word: &Word) -> Result<usize, Violation> {
    usize::try_from(integer::<16>(word)?).map_err(|_| Violation::Malformed)
}

fn boolean(word: &Word) -> Result<bool, Violation> {
    let value = integer::<1>(word)?;
    require(value <= 1)?;
    Ok(value == 1)
}

/// An integer of at most `SIZE` bytes (16 or fewer).
fn integer<const SIZE: usize>(word: &Word) -> Result<u128, Violation> {
    integer_fits::<SIZE>(word)?;
    let (_, low) = word.split_last_chunk::<16>().ok_or(Violation::Malformed)?;
    Ok(u128::from_be_bytes(*low))
}

fn integer_fits<const SIZE: usize>(word: &Word) -> Result<(), Violation> {
    require(word[..32 - SIZE].iter().all(|byte| *byte == 0))
}
