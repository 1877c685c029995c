//! What can go wrong, as the operator hears of it.

use std::fmt::Display;

use serde::Serialize;

/// The kinds of errors; the operator decides by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request does not follow the protocol; the connection is closed where framing is lost.
    Malformed,
    /// The program is no ELF that SP1 runs.
    Program,
    /// The program could not be run to its end.
    Execution,
    /// A proof or a verifying key does not decode.
    Proof,
    /// Proving failed.
    Proving,
    /// The host runs without the CPU prover, or without what this kind of proof needs.
    Unavailable,
    /// Too little memory for the CPU prover.
    Memory,
    /// The connection has too many requests under way.
    Busy,
    /// The request was cancelled.
    Cancelled,
    /// Something that should not happen: a panic, or the machine's files.
    Internal,
}

/// A failed request, or a failed start.
#[derive(Debug, Serialize)]
pub struct HostError {
    /// The kind.
    pub code: Code,
    /// For people.
    pub message: String,
}

const LONGEST_MESSAGE: usize = 2_000;

impl HostError {
    /// An error of a kind.
    pub fn new(code: Code, message: &(impl Display + ?Sized)) -> Self {
        let message = message.to_string().chars().take(LONGEST_MESSAGE).collect();
        Self { code, message }
    }

    /// An error that should not happen.
    pub fn internal(message: &(impl Display + ?Sized)) -> Self {
        Self::new(Code::Internal, message)
    }

    /// A request against the protocol.
    pub fn malformed(message: &(impl Display + ?Sized)) -> Self {
        Self::new(Code::Malformed, message)
    }

    /// One line for a log.
    pub fn line(&self) -> String {
        serde_json::json!({"event": "host.failed", "code": self.code, "message": self.message})
            .to_string()
    }

    /// sysexits: 75 where a later start may succeed, otherwise 70.
    pub const fn exit_code(&self) -> u8 {
        match self.code {
            Code::Memory | Code::Busy => 75,
            _ => 70,
        }
    }
}
