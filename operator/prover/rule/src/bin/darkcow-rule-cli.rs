//! Checks batches over pipes, for tests of one implementation of the rule against another.
//!
//! In: `u32 LE length ‖ batch input`, any number of times. Out, for each: `u32 LE length ‖ answer`; the answer is one
//! byte 0, the public values and 64 bytes per order (gross, fee), or the violation's exit code and its code in ASCII.

use std::io::{self, BufWriter, ErrorKind, Read, Write};

use darkcow_rule::{check_batch, Software};

const MAX_INPUT: u32 = 64 << 20;

fn main() -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), BufWriter::new(io::stdout().lock()));
    while let Some(batch) = read_frame(&mut input)? {
        let answer = answer_to(&batch);
        output.write_all(&u32::try_from(answer.len()).map_err(io::Error::other)?.to_le_bytes())?;
        output.write_all(&answer)?;
        output.flush()?;
    }
    Ok(())
}

fn answer_to(batch: &[u8]) -> Vec<u8> {
    let mut payouts = Vec::new();
    let checked = check_batch::<Software>(batch, |payout| {
        payouts.extend(payout.gross.to_be_bytes());
        payouts.extend(payout.fee.to_be_bytes());
    });
    match checked {
        Ok(values) => [&[0], values.as_slice(), &payouts].concat(),
        Err(violation) => [&[violation.exit_code()], violation.code().as_bytes()].concat(),
    }
}

fn read_frame(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut size = [0; 4];
    match input.read_exact(&mut size) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let size = u32::from_le_bytes(size);
    if size > MAX_INPUT {
        return Err(io::Error::new(ErrorKind::InvalidData, "the batch is too long"));
    }
    let mut frame = vec![0; size as usize];
    input.read_exact(&mut frame)?;
    Ok(Some(frame))
}
