//! The command line.

use std::path::PathBuf;

/// What to say to somebody who asks.
const USAGE: &str = "\
usage: zk-operator-prover --socket PATH --cache FOLDER [--prover] [--idle-s N] [--memory-gb N] [--circuits FOLDER]
                          [--stay]

  --socket PATH    Unix socket to serve; its folder must be private
  --cache FOLDER   verifying keys and temporary files; made private
  --prover         can prove (7 GB idle, 15 to 24 GB at work); otherwise executes, quotes and verifies
  --idle-s N       end after N seconds without work; 0, the default: never
  --memory-gb N    memory that must be free for --prover (default 16)
  --circuits FOLDER  files of SP1's Groth16 circuit (default: where SP1_GROTH16_CIRCUIT_PATH points)
  --stay           do not end with standard input";

/// How the host was asked to run.
#[derive(Debug, Default)]
pub struct Args {
    pub socket: PathBuf,
    pub cache: PathBuf,
    pub prover: bool,
    pub idle_s: u64,
    pub memory_gb: u64,
    pub circuits: Option<PathBuf>,
    pub stay: bool,
}

impl Args {
    /// Reads the arguments; the text to print where they make no sense.
    pub fn parse(mut given: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut args = Self { memory_gb: 16, ..Self::default() };
        while let Some(name) = given.next() {
            let mut value = || given.next().ok_or(format!("{name} needs a value\n\n{USAGE}"));
            match name.as_str() {
                "--socket" => args.socket = value()?.into(),
                "--cache" => args.cache = value()?.into(),
                "--idle-s" => args.idle_s = number(&value()?)?,
                "--memory-gb" => args.memory_gb = number(&value()?)?,
                "--circuits" => args.circuits = Some(value()?.into()),
                "--prover" => args.prover = true,
                "--stay" => args.stay = true,
                _ => return Err(USAGE.to_owned()),
            }
        }
        if args.socket.as_os_str().is_empty() || args.cache.as_os_str().is_empty() {
            return Err(USAGE.to_owned());
        }
        Ok(args)
    }
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("{text} is no number\n\n{USAGE}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Args;

    fn parse(line: &str) -> Result<Args, String> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn parse_of_a_full_line_takes_every_value() {
        let line = "--socket s --cache c --prover --idle-s 5 --memory-gb 9 --circuits d --stay";
        let args = parse(line).unwrap();
        assert!(args.prover && args.stay);
        assert_eq!(args.circuits.as_deref(), Some(Path::new("d")));
        assert_eq!((args.idle_s, args.memory_gb), (5, 9));
    }

    #[test]
    fn parse_of_a_wrong_line_gives_the_usage() {
        for line in
            ["", "--socket s", "--socket s --cache", "--socket s --cache c --idle-s x", "-h"]
        {
            assert!(parse(line).unwrap_err().contains("usage:"), "{line}");
        }
    }
}
