//! The command line.

use std::path::PathBuf;

/// What to say to somebody who asks.
const USAGE: &str = "\
usage: zk-operator-verifier --vkey HEX --public-values HEX [--circuit-key FILE] PROOF

  PROOF                what a prover answers or SP1's SDK saves: a compressed or a Groth16 proof
  --vkey HEX           the program's verifying key, as contracts write its hash (bytes32)
  --public-values HEX  what the program has to have committed to
  --circuit-key FILE   gnark's key of the Groth16 circuit (default: SP1's release)";

const WORD_BITS: u32 = 31;
const WORDS: usize = 8;

/// What is to be verified, and against what.
#[derive(Debug, Default)]
pub struct Args {
    pub proof: PathBuf,
    pub vkey: [u8; 32],
    pub public_values: Vec<u8>,
    pub circuit_key: Option<PathBuf>,
}

impl Args {
    /// Reads the arguments; the text to print where they make no sense.
    pub fn parse(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut args, mut vkey, mut values, mut proof) = (Self::default(), None, None, None);
        while let Some(name) = given.next() {
            let mut value = || given.next().ok_or(format!("{name} needs a value\n\n{USAGE}"));
            match name.as_str() {
                "--vkey" => vkey = Some(bytes(&value()?)?),
                "--public-values" => values = Some(bytes(&value()?)?),
                "--circuit-key" => args.circuit_key = Some(value()?.into()),
                _ if name.starts_with("--") || proof.is_some() => return Err(USAGE.to_owned()),
                _ => proof = Some(PathBuf::from(name)),
            }
        }
        let vkey = vkey.ok_or(USAGE)?.try_into();
        args.vkey = vkey.map_err(|_| format!("a vkey has 32 bytes\n\n{USAGE}"))?;
        args.public_values = values.ok_or(USAGE)?;
        args.proof = proof.ok_or(USAGE)?;
        Ok(args)
    }

    /// The key's hash as the proof system writes it: eight words of 31 bits, the first one the highest.
    pub fn vkey_words(&self) -> [u32; WORDS] {
        std::array::from_fn(|at| {
            let low = (WORDS - 1 - at) * WORD_BITS as usize;
            (0..WORD_BITS as usize).fold(0, |word, bit| word | self.vkey_bit(low + bit) << bit)
        })
    }

    fn vkey_bit(&self, at: usize) -> u32 {
        u32::from(self.vkey[31 - at / 8] >> (at % 8) & 1)
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text))
        .map_err(|_| format!("{text} is not hexadecimal\n\n{USAGE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(given: &str) -> Result<Args, String> {
        Args::parse(given.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_of_a_vkey_are_folded_back() {
        // Words 1 to 8: the sum of (at + 1) << 31 * (7 - at).
        let mut folded = [0_u8; 32];
        for at in 0..8_u32 {
            let low = (7 - at as usize) * 31;
            for bit in (0..31).filter(|bit| (at + 1) >> bit & 1 == 1) {
                folded[31 - (low + bit) / 8] |= 1 << ((low + bit) % 8);
            }
        }
        let args = Args { vkey: folded, ..Args::default() };
        assert_eq!(args.vkey_words(), [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn all_is_read() {
        let vkey = "11".repeat(32);
        let args = parse(&format!("--vkey 0x{vkey} --public-values 0a file --circuit-key key"));
        let args = args.expect("complete");
        assert_eq!((args.vkey, args.public_values), ([0x11; 32], vec![10]));
        assert_eq!((args.proof, args.circuit_key), ("file".into(), Some("key".into())));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let vkey = "11".repeat(32);
        for given in [
            String::new(),
            format!("--vkey {vkey} file"),
            format!("--vkey {vkey} --public-values 0a"),
            format!("--vkey {vkey} --public-values 0a one two"),
            format!("--vkey {vkey} --public-values xx file"),
            format!("--vkey {vkey}ff --public-values 0a file"),
            format!("--vkey {vkey} --public-values 0a file --else"),
        ] {
            assert!(parse(&given).is_err(), "{given}");
        }
    }
}
