//! SP1's own client against a prover network: registers the program, requests a proof, waits for it, decodes it.
//!
//! `sp1-client RPC_URL mainnet|reserved ELF STDIN`; the account's key in `NETWORK_PRIVATE_KEY`. Prints one JSON line. It
//! holds nothing but calls of the SDK: what it gets through, every requester gets through.

use std::error::Error;
use std::time::Duration;

use sp1_sdk::network::{FulfillmentStrategy, NetworkMode};
use sp1_sdk::{
    Elf, HashableKey, ProveRequest, Prover, ProverClient, ProvingKey, SP1Proof, SP1Stdin,
};

const TIMEOUT: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let [url, mode, elf, stdin] = given.as_slice() else {
        return Err("usage: sp1-client RPC_URL mainnet|reserved ELF STDIN".into());
    };
    let (mode, strategy) = match mode.as_str() {
        "mainnet" => (NetworkMode::Mainnet, FulfillmentStrategy::Auction),
        "reserved" => (NetworkMode::Reserved, FulfillmentStrategy::Reserved),
        other => return Err(format!("no such mode: {other}").into()),
    };
    let elf = Elf::from(std::fs::read(elf)?);
    let stdin: SP1Stdin = bincode::deserialize(&std::fs::read(stdin)?)?;

    let builder = ProverClient::builder().network_for(mode).rpc_url(url);
    let client = builder.private_key(&std::env::var("NETWORK_PRIVATE_KEY")?).build().await;
    let key = client.setup(elf).await?;
    let request = client.prove(&key, stdin).groth16().strategy(strategy).timeout(TIMEOUT);
    let proof = request.await?;

    let SP1Proof::Groth16(groth16) = &proof.proof else {
        return Err("another kind of proof than was asked for".into());
    };
    let report = serde_json::json!({
        "vkey": key.verifying_key().bytes32(),
        "sp1_version": proof.sp1_version,
        "public_values": hex(proof.public_values.as_slice()),
        "public_inputs": groth16.public_inputs,
        "onchain": hex(&proof.bytes()),
    });
    println!("{report}");
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
