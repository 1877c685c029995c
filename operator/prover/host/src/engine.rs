//! SP1 behind the protocol: the light client, or the CPU prover.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use sp1_sdk::{
    CpuProver, Elf, ExecutionReport, HashableKey, LightProver, ProveRequest, Prover, ProvingKey,
    SP1Proof, SP1ProofMode, SP1ProofWithPublicValues, SP1ProvingKey, SP1Stdin, SP1VerifyingKey,
    StatusCode, SP1_CIRCUIT_VERSION,
};
use tokio::sync::Semaphore;

use crate::circuits;
use crate::error::{Code, HostError};
use crate::files::Keys;
use crate::groth16;
use crate::jobs::{Job, Stage};
use crate::resources::Resources;
use crate::wire::{Answer, Mode};

const PROTOCOL: u32 = 1;
const SDK: &str = "6.10.0";

/// What runs programs.
enum Client {
    Light(LightProver),
    Full(CpuProver),
}

/// The host's abilities. One proof at a time; as many executions and checks as there are cores.
pub struct Engine {
    client: Client,
    keys: Keys,
    proving: Semaphore,
    working: Arc<Semaphore>,
}

impl Engine {
    /// Starts SP1: under a second without the prover, a minute or two with it.
    pub async fn start(prover: bool, keys: Keys) -> Self {
        let client = if prover {
            Client::Full(CpuProver::new().await)
        } else {
            Client::Light(LightProver::new().await)
        };
        let working = Arc::new(Semaphore::new(Resources::now().cores));
        Self { client, keys, proving: Semaphore::new(1), working }
    }

    /// Versions and mode.
    pub fn version(&self) -> Answer {
        let mode = if matches!(self.client, Client::Full(_)) { "prover" } else { "light" };
        let lacks = circuits::folder().err().map(|error| error.message);
        fields(json!({
            "protocol": PROTOCOL,
            "host": env!("CARGO_PKG_VERSION"),
            "sdk": SDK,
            "circuit": SP1_CIRCUIT_VERSION,
            "mode": mode,
            "groth16": lacks.is_none(),
            "lacks": lacks,
        }))
    }

    /// Runs a program and counts cycles and gas.
    ///
    /// SP1 6.10 learns the exit code and the cycles only where it counts gas: without, every run seems to end with 0.
    pub async fn execute(
        &self,
        job: &Job,
        [elf, stdin]: [Vec<u8>; 2],
        cycle_limit: u64,
    ) -> Result<Answer, HostError> {
        let stdin = decode_stdin(&stdin)?;
        let _permit = self.working.acquire().await.map_err(|error| HostError::internal(&error))?;
        job.enter(Stage::Executing);
        let started = Instant::now();
        let run = match &self.client {
            Client::Light(client) => execute(client, elf, stdin, cycle_limit).await,
            Client::Full(client) => execute(client, elf, stdin, cycle_limit).await,
        };
        let (values, report) = run?;
        let answer = json!({
            "exit_code": report.exit_code,
            "cycles": report.total_instruction_count(),
            "syscalls": report.total_syscall_count(),
            "gas": report.gas(),
            "seconds": started.elapsed().as_secs_f64(),
        });
        Ok(Answer { fields: answer, parts: vec![values] })
    }

    /// The program's verifying key, from disk where it is known.
    pub async fn setup(&self, job: &Job, [elf]: [Vec<u8>; 1]) -> Result<Answer, HostError> {
        let started = Instant::now();
        let cached = self.keys.find(&elf).is_some();
        let key = self.key(job, elf).await?.verifying_key().clone();
        let seconds = started.elapsed().as_secs_f64();
        let answer = json!({"vkey": key.bytes32(), "cached": cached, "seconds": seconds});
        Ok(Answer { fields: answer, parts: vec![serialize(&key)?] })
    }

    /// Makes a proof, and has SP1's own verifier check it before anybody sees it.
    pub async fn prove(
        &self,
        job: &Job,
        [elf, stdin]: [Vec<u8>; 2],
        mode: Mode,
    ) -> Result<Answer, HostError> {
        let Client::Full(client) = &self.client else {
            return Err(HostError::new(Code::Unavailable, "started without --prover"));
        };
        let (stdin, mode_of_sdk) = (decode_stdin(&stdin)?, available(mode)?);
        let _permit = self.proving.acquire().await.map_err(|error| HostError::internal(&error))?;
        let key = self.key(job, elf).await?;
        job.enter(Stage::Proving);
        let started = Instant::now();
        let proof = client.prove(&key, stdin).mode(mode_of_sdk).await;
        let proof = proof.map_err(|error| HostError::new(Code::Proving, &error))?;
        let proving = started.elapsed().as_secs_f64();
        job.enter(Stage::Verifying);
        let started = Instant::now();
        if matches!(mode, Mode::Groth16) {
            circuits::verify(&proof, key.verifying_key())?;
        } else {
            let verified = client.verify(&proof, key.verifying_key(), None);
            verified.map_err(|error| HostError::new(Code::Proving, &error))?;
        }
        let answer = json!({
            "mode": mode,
            "vkey": key.verifying_key().bytes32(),
            "seconds": proving,
            "verify_seconds": started.elapsed().as_secs_f64(),
            "memory_peak": Resources::now().memory_peak,
        });
        let parts =
            vec![serialize(&proof)?, serialize(key.verifying_key())?, proof.public_values.to_vec()];
        Ok(Answer { fields: answer, parts })
    }

    /// Verifies a proof under a verifying key, with exit code 0.
    pub async fn verify(&self, job: &Job, [proof, key]: [Vec<u8>; 2]) -> Result<Answer, HostError> {
        let proof: SP1ProofWithPublicValues = decode_proof(&proof)?;
        let key: SP1VerifyingKey = deserialize(&key)?;
        let _permit = self.working.acquire().await.map_err(|error| HostError::internal(&error))?;
        job.enter(Stage::Verifying);
        let started = Instant::now();
        let verdict = match &self.client {
            Client::Light(client) => client.verify(&proof, &key, None),
            Client::Full(client) => client.verify(&proof, &key, None),
        };
        let answer = json!({
            "valid": verdict.is_ok(),
            "reason": verdict.err().map(|error| error.to_string()),
            "mode": kind(&proof.proof),
            "sp1_version": proof.sp1_version,
            "vkey": key.bytes32(),
            "seconds": started.elapsed().as_secs_f64(),
        });
        Ok(Answer { fields: answer, parts: vec![proof.public_values.to_vec()] })
    }

    /// A verdict for each of many Groth16 proofs, under the key that comes first; all cores work on one batch.
    pub async fn verify_groth16(
        &self,
        job: &Job,
        parts: Vec<Vec<u8>>,
    ) -> Result<Answer, HostError> {
        let waiting = self.working.clone().acquire_owned();
        let permit = waiting.await.map_err(|error| HostError::internal(&error))?;
        job.enter(Stage::Verifying);
        let started = Instant::now();
        // Cannot be interrupted: it keeps its permit to the end, whoever has stopped waiting.
        let judging = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            judge_groth16(&parts)
        });
        let verdicts = judging.await.map_err(|error| HostError::internal(&error))??;
        let seconds = started.elapsed().as_secs_f64();
        Ok(fields(json!({"verdicts": verdicts, "seconds": seconds})))
    }

    async fn key(&self, job: &Job, elf: Vec<u8>) -> Result<SP1ProvingKey, HostError> {
        if let Some(key) = self.keys.find(&elf) {
            return Ok(SP1ProvingKey::new(key, elf.into()));
        }
        let _permit = self.working.acquire().await.map_err(|error| HostError::internal(&error))?;
        job.enter(Stage::SettingUp);
        let program = Elf::from(elf.clone());
        let key = match &self.client {
            Client::Light(client) => client.setup(program).await.map_err(|e| failed_setup(&e))?,
            Client::Full(client) => client.setup(program).await.map_err(|e| failed_setup(&e))?,
        };
        self.keys.keep(&elf, key.verifying_key())?;
        Ok(key)
    }
}

async fn execute<P: Prover>(
    client: &P,
    elf: Vec<u8>,
    stdin: SP1Stdin,
    cycle_limit: u64,
) -> Result<(Vec<u8>, ExecutionReport), HostError> {
    let run = client
        .execute(elf.into(), stdin)
        .calculate_gas(true)
        .cycle_limit(cycle_limit)
        .expected_exit_code(StatusCode::ANY);
    let (values, report) = run.await.map_err(|error| HostError::new(Code::Execution, &error))?;
    Ok((values.to_vec(), report))
}

fn judge_groth16(parts: &[Vec<u8>]) -> Result<Vec<groth16::Verdict>, HostError> {
    let [key, root, claims @ ..] = parts else {
        return Err(HostError::malformed("this takes a key, a recursion root, and claims"));
    };
    let root = root.as_slice().try_into();
    let root = root.map_err(|_| HostError::malformed("a recursion root has 32 bytes"))?;
    groth16::verify(key, root, claims)
}

/// The SDK's name for the kind, where this host can make it.
fn available(mode: Mode) -> Result<SP1ProofMode, HostError> {
    match mode {
        Mode::Core => Ok(SP1ProofMode::Core),
        Mode::Compressed => Ok(SP1ProofMode::Compressed),
        Mode::Groth16 => circuits::folder().map(|_| SP1ProofMode::Groth16),
    }
}

const fn kind(proof: &SP1Proof) -> &'static str {
    match proof {
        SP1Proof::Core(_) => "core",
        SP1Proof::Compressed(_) => "compressed",
        SP1Proof::Plonk(_) => "plonk",
        SP1Proof::Groth16(_) => "groth16",
    }
}

fn decode_stdin(bytes: &[u8]) -> Result<SP1Stdin, HostError> {
    let stdin: SP1Stdin =
        deserialize(bytes).map_err(|error| HostError::malformed(&error.message))?;
    // A proof to be verified inside the program: the batch program takes none.
    if stdin.proofs.is_empty() {
        Ok(stdin)
    } else {
        Err(HostError::malformed("a stdin with proofs"))
    }
}

/// A saved file, or a network's download, which lacks the last byte (no TEE proof).
fn decode_proof(bytes: &[u8]) -> Result<SP1ProofWithPublicValues, HostError> {
    deserialize(bytes).or_else(|_| deserialize(&[bytes, &[0]].concat()))
}

fn deserialize<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, HostError> {
    use bincode::Options;
    let options = bincode::DefaultOptions::new()
        .with_fixint_encoding()
        .with_limit(bytes.len() as u64)
        .reject_trailing_bytes();
    options.deserialize(bytes).map_err(|error| HostError::new(Code::Proof, &error))
}

fn serialize(value: &impl serde::Serialize) -> Result<Vec<u8>, HostError> {
    bincode::serialize(value).map_err(|error| HostError::internal(&error))
}

fn failed_setup(error: &impl std::fmt::Display) -> HostError {
    HostError::new(Code::Program, error)
}

fn fields(fields: serde_json::Value) -> Answer {
    Answer { fields, parts: Vec::new() }
}
