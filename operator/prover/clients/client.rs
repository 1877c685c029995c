//! SP1's own client against a prover network: registers the program, requests proofs, waits for them, decodes them.
//!
//! `sp1-client RPC_URL mainnet|reserved ELF STDIN [COUNT|bench]`; the account's key in `NETWORK_PRIVATE_KEY`. It holds
//! nothing but calls of the SDK: what it gets through, every requester gets through.
//!
//! With a COUNT (1 if left out): so many proofs one after the other, one JSON line each. With `bench`: prints `{}` when
//! the program's key is made, then does a step for each line of standard input and says how long it took: `request`
//! (everything up to the accepted request, without SP1's simulation; also says its id) and `collect` (everything from the
//! first question about that request to the decoded proof).

use std::error::Error;
use std::io::BufRead;
use std::time::{Duration, Instant};

use sp1_sdk::network::prove::NetworkProveBuilder;
use sp1_sdk::network::{FulfillmentStrategy, NetworkMode};
use sp1_sdk::{
    Elf, HashableKey, NetworkProver, ProveRequest, Prover, ProverClient, ProvingKey, SP1Proof,
    SP1ProofWithPublicValues, SP1ProvingKey, SP1Stdin,
};

const TIMEOUT: Duration = Duration::from_secs(600);
const CYCLE_LIMIT: u64 = 10_000_000;
const GAS_LIMIT: u64 = 20_000_000;

type Failure = Box<dyn Error>;

struct Requester {
    client: NetworkProver,
    key: SP1ProvingKey,
    stdin: SP1Stdin,
    strategy: FulfillmentStrategy,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let (url, mode, elf, stdin, work) = match given.as_slice() {
        [url, mode, elf, stdin] => (url, mode, elf, stdin, "1"),
        [url, mode, elf, stdin, work] => (url, mode, elf, stdin, work.as_str()),
        _ => return Err("usage: sp1-client RPC_URL mainnet|reserved ELF STDIN [COUNT|bench]".into()),
    };
    let requester = Requester::new(url, mode, elf, stdin).await?;
    if work == "bench" {
        return requester.bench().await;
    }
    for _ in 0..work.parse()? {
        requester.prove().await?;
    }
    Ok(())
}

impl Requester {
    async fn new(url: &str, mode: &str, elf: &str, stdin: &str) -> Result<Self, Failure> {
        let (mode, strategy) = match mode {
            "mainnet" => (NetworkMode::Mainnet, FulfillmentStrategy::Auction),
            "reserved" => (NetworkMode::Reserved, FulfillmentStrategy::Reserved),
            other => return Err(format!("no such mode: {other}").into()),
        };
        let stdin = bincode::deserialize(&std::fs::read(stdin)?)?;
        let builder = ProverClient::builder().network_for(mode).rpc_url(url);
        let client = builder.private_key(&std::env::var("NETWORK_PRIVATE_KEY")?).build().await;
        let key = client.setup(Elf::from(std::fs::read(elf)?)).await?;
        Ok(Self { client, key, stdin, strategy })
    }

    fn work(&self) -> NetworkProveBuilder<'_> {
        let work = self.client.prove(&self.key, self.stdin.clone());
        work.groth16().strategy(self.strategy).timeout(TIMEOUT)
    }

    async fn prove(&self) -> Result<(), Failure> {
        let proof = self.work().await?;
        println!("{}", self.report(&proof)?);
        Ok(())
    }

    async fn bench(&self) -> Result<(), Failure> {
        println!("{{}}");
        let mut asked = None;
        for line in std::io::stdin().lock().lines() {
            let started = Instant::now();
            match (line?.as_str(), asked) {
                ("request", _) => {
                    let limited = self.work().cycle_limit(CYCLE_LIMIT).gas_limit(GAS_LIMIT);
                    asked = Some(limited.request().await?);
                }
                ("collect", Some(id)) => {
                    self.client.wait_proof(id, Some(TIMEOUT), None).await?;
                }
                (other, _) => return Err(format!("no such step: {other}").into()),
            }
            let seconds = started.elapsed().as_secs_f64();
            let id = asked.map(|id| hex(id.as_slice()));
            println!("{}", serde_json::json!({ "seconds": seconds, "request_id": id }));
        }
        Ok(())
    }

    fn report(&self, proof: &SP1ProofWithPublicValues) -> Result<serde_json::Value, Failure> {
        let SP1Proof::Groth16(groth16) = &proof.proof else {
            return Err("another kind of proof than was asked for".into());
        };
        Ok(serde_json::json!({
            "vkey": self.key.verifying_key().bytes32(),
            "sp1_version": proof.sp1_version,
            "public_values": hex(proof.public_values.as_slice()),
            "public_inputs": groth16.public_inputs,
            "onchain": hex(&proof.bytes()),
        }))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
