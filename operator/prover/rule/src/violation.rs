//! What a refused batch did wrong.

/// Why a batch is refused. Codes are those of the Python implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// The input is not the canonical encoding of a batch of version 1.
    Malformed,
    /// No section, an empty section, pools out of order, or a wrong count of orders.
    Shape,
    /// An order's terms do not hash to the id at its place.
    OrderId,
    /// The ids of a section are not strictly ascending.
    Sequence,
    /// An order stands in the section of another pool.
    Pool,
    /// An order's deadline is before the batch's `validUntil`.
    Deadline,
    /// A value is outside the range that the rule allows.
    Range,
    /// `remainderZeroForOne` does not name the heavy side.
    HeavySide,
    /// `remainderIn` is not the heavy input less what the light side receives.
    Remainder,
    /// A least output without a swap.
    MinOut,
    /// A payout after the fee is below its order's `minOut`.
    Limit,
}

impl Violation {
    /// The error code, as in the operator's logs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "ZKO-BIN-001",
            Self::Shape => "ZKO-RUL-002",
            Self::OrderId => "ZKO-RUL-003",
            Self::Sequence => "ZKO-RUL-004",
            Self::Pool => "ZKO-RUL-005",
            Self::Deadline => "ZKO-RUL-006",
            Self::Range => "ZKO-RUL-007",
            Self::HeavySide => "ZKO-RUL-008",
            Self::Remainder => "ZKO-RUL-009",
            Self::MinOut => "ZKO-RUL-010",
            Self::Limit => "ZKO-RUL-011",
        }
    }

    /// The program's exit code: 64 for a malformed input, otherwise 64 plus the number in the code.
    ///
    /// The zkVM itself ends with 1 (panic) and 3 (no input).
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Malformed => 64,
            Self::Shape => 66,
            Self::OrderId => 67,
            Self::Sequence => 68,
            Self::Pool => 69,
            Self::Deadline => 70,
            Self::Range => 71,
            Self::HeavySide => 72,
            Self::Remainder => 73,
            Self::MinOut => 74,
            Self::Limit => 75,
        }
    }
}
