//! Messages: `u32 LE size ‖ u32 LE header size ‖ header (JSON) ‖ parts`. `size` counts what follows it.
//!
//! The header names its parts' sizes, which add up to the rest exactly. Sizes are checked before anything is allocated.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::error::HostError;

/// The largest message: a core proof of a long batch fits many times over.
pub const MAX_MESSAGE: usize = 64 << 20;
const MAX_HEADER: usize = 64 << 10;
const WORD: usize = 4;

/// A request's header.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    id: u64,
    op: Op,
    #[serde(default)]
    parts: Vec<usize>,
}

/// What is asked for.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// Versions and mode.
    Version,
    /// Memory and cores.
    Resources,
    /// Run (ELF, stdin), counting cycles and prover gas.
    Execute { cycle_limit: u64 },
    /// The verifying key of (ELF).
    Setup,
    /// Prove (ELF, stdin).
    Prove { mode: Mode },
    /// Verify (proof, vk).
    Verify,
    /// Judge (Groth16 verifying key, recursion root, claims).
    VerifyGroth16,
    /// Drop a request of this connection.
    Cancel { job: u64 },
    /// The host's requests under way.
    Progress,
}

/// Kinds of proofs.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// One proof per shard.
    Core,
    /// One proof of constant size.
    Compressed,
    /// What chains verify.
    Groth16,
}

/// A request, as it was read.
#[derive(Debug)]
pub struct Request {
    pub id: u64,
    pub op: Op,
    pub parts: Vec<Vec<u8>>,
}

/// What answers a request.
#[derive(Debug, Default)]
pub struct Answer {
    pub fields: Value,
    pub parts: Vec<Vec<u8>>,
}

/// Reads one request; none at the end of the stream.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<Request>, HostError> {
    let mut size = [0; WORD];
    if stream.read(&mut size[..1]).await.map_err(broken)? == 0 {
        return Ok(None);
    }
    stream.read_exact(&mut size[1..]).await.map_err(broken)?;
    let size = u32::from_le_bytes(size) as usize;
    if !(WORD..=MAX_MESSAGE).contains(&size) {
        return Err(HostError::malformed(&format!("a message of {size} bytes")));
    }
    let mut message = Vec::new();
    stream.take(size as u64).read_to_end(&mut message).await.map_err(broken)?;
    if message.len() != size {
        return Err(HostError::malformed("the message ends too early"));
    }
    parse(&message).map(Some)
}

/// Writes one answer.
pub async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    id: u64,
    answer: &Result<Answer, HostError>,
) -> Result<(), HostError> {
    let message = encode(id, answer)?;
    stream.write_all(&message).await.map_err(broken)?;
    stream.flush().await.map_err(broken)
}

fn parse(message: &[u8]) -> Result<Request, HostError> {
    let (size, rest) = message.split_first_chunk::<WORD>().ok_or(short())?;
    let size = u32::from_le_bytes(*size) as usize;
    if size > MAX_HEADER {
        return Err(HostError::malformed("the header is too long"));
    }
    let (header, mut rest) = rest.split_at_checked(size).ok_or(short())?;
    let header: Header = serde_json::from_slice(header).map_err(|e| HostError::malformed(&e))?;
    let mut parts = Vec::with_capacity(header.parts.len());
    for size in header.parts {
        let (part, others) = rest.split_at_checked(size).ok_or(short())?;
        parts.push(part.to_vec());
        rest = others;
    }
    if !rest.is_empty() {
        return Err(HostError::malformed("bytes behind the last part"));
    }
    Ok(Request { id: header.id, op: header.op, parts })
}

fn encode(id: u64, answer: &Result<Answer, HostError>) -> Result<Vec<u8>, HostError> {
    let (header, parts) = match answer {
        Ok(answer) => {
            let sizes: Vec<usize> = answer.parts.iter().map(Vec::len).collect();
            let header = serde_json::json!({"id": id, "answer": answer.fields, "parts": sizes});
            (header, answer.parts.as_slice())
        }
        Err(error) => (serde_json::json!({"id": id, "error": error, "parts": []}), [].as_slice()),
    };
    let header = header.to_string().into_bytes();
    let size = WORD + header.len() + parts.iter().map(Vec::len).sum::<usize>();
    if size > MAX_MESSAGE {
        return Err(HostError::internal("the answer is too long"));
    }
    let mut message = Vec::with_capacity(WORD + size);
    message.extend((size as u32).to_le_bytes());
    message.extend((header.len() as u32).to_le_bytes());
    message.extend(header);
    parts.iter().for_each(|part| message.extend(part));
    Ok(message)
}

fn short() -> HostError {
    HostError::malformed("the message is shorter than it says")
}

fn broken(error: std::io::Error) -> HostError {
    HostError::malformed(&format!("the connection broke: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn framed(header: &str, parts: &[u8]) -> Vec<u8> {
        let size = (WORD + header.len() + parts.len()) as u32;
        let header_size = header.len() as u32;
        [&size.to_le_bytes(), &header_size.to_le_bytes(), header.as_bytes(), parts].concat()
    }

    async fn read_all(bytes: &[u8]) -> Result<Option<Request>, HostError> {
        read(&mut &*bytes).await
    }

    #[tokio::test]
    async fn read_of_a_request_gives_its_parts() {
        let header = r#"{"id":7,"op":{"execute":{"cycle_limit":9}},"parts":[2,3]}"#;
        let request = read_all(&framed(header, b"abcde")).await.unwrap().unwrap();
        assert_eq!((request.id, request.op), (7, Op::Execute { cycle_limit: 9 }));
        assert_eq!(request.parts, [b"ab".to_vec(), b"cde".to_vec()]);
    }

    #[tokio::test]
    async fn read_of_an_empty_stream_is_none() {
        assert!(read_all(b"").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn read_of_anything_else_is_malformed() {
        let cases = [
            vec![1, 0],
            vec![3, 0, 0, 0, 0, 0, 0],
            vec![255; 12],
            framed("", b""),
            framed("{}", b""),
            framed(r#"{"id":1,"op":"version","parts":[1]}"#, b""),
            framed(r#"{"id":1,"op":"version"}"#, b"x"),
            framed(r#"{"id":1,"op":"version","more":1}"#, b""),
            framed(r#"{"id":1,"op":"reboot"}"#, b""),
            framed(r#"{"id":1,"op":"version","parts":[18446744073709551615,2]}"#, b"x"),
            framed(r#"{"id":1,"op":"version"}"#, b"")[..20].to_vec(),
        ];
        for case in cases {
            assert_eq!(read_all(&case).await.unwrap_err().code, Code::Malformed, "{case:?}");
        }
    }

    #[tokio::test]
    async fn write_of_an_answer_frames_header_and_parts() {
        let answer = Answer { fields: serde_json::json!({"a": 1}), parts: vec![b"xyz".to_vec()] };
        let mut written = Vec::new();
        write(&mut written, 3, &Ok(answer)).await.unwrap();
        assert_eq!(written, framed(r#"{"answer":{"a":1},"id":3,"parts":[3]}"#, b"xyz"));
    }
}
