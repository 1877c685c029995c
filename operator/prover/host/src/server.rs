//! The socket: connections, requests, answers, and the reasons to end.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio::net::unix::OwnedWriteHalf;
use tokio::net::{UnixListener, UnixStream};
use tokio::signal::unix::{signal, SignalKind};
use tokio::sync::{mpsc, Mutex};
use tokio::task::JoinError;

use crate::args::Args;
use crate::engine::Engine;
use crate::error::{Code, HostError};
use crate::files::{self, Keys};
use crate::jobs::{Cancelled, Job, Jobs, Key};
use crate::resources::Resources;
use crate::runners::Runners;
use crate::wire::{self, Answer, Op, Request};

type Writer = Arc<Mutex<OwnedWriteHalf>>;

const MAX_REQUESTS: usize = 32;
const MAX_CONNECTIONS: usize = 16;
/// How often programs are looked for that nobody waits for.
const SWEEP: Duration = Duration::from_secs(2);

/// What all connections share.
struct Host {
    engine: Engine,
    jobs: Jobs,
    connections: AtomicUsize,
    ending: mpsc::Sender<&'static str>,
    started: Instant,
    active_ms: AtomicU64,
}

/// Serves until there is a reason to end.
pub async fn serve(args: &Args) -> Result<(), HostError> {
    files::remove_socket(&args.socket)?;
    let engine = Engine::start(args.prover, Keys::new(&args.cache)).await;
    let (ending, mut ended) = mpsc::channel(1);
    let listener = listen(args)?;
    let host = Arc::new(Host {
        engine,
        jobs: Jobs::default(),
        connections: AtomicUsize::new(0),
        ending: ending.clone(),
        started: Instant::now(),
        active_ms: AtomicU64::new(0),
    });
    let mut terminated =
        signal(SignalKind::terminate()).map_err(|error| HostError::internal(&error))?;
    println!("{}", json!({"event": "host.started", "socket": args.socket, "prover": args.prover}));
    if !args.stay {
        tokio::spawn(watch_stdin(ending.clone()));
    }
    if args.idle_s > 0 {
        tokio::spawn(watch_idleness(host.clone(), Duration::from_secs(args.idle_s)));
    }
    tokio::spawn(sweep_runners(host.clone()));
    let reason = tokio::select! {
        () = accept(listener, host) => "listener",
        reason = ended.recv() => reason.unwrap_or("channel"),
        _ = terminated.recv() => "signal",
        _ = tokio::signal::ctrl_c() => "signal",
    };
    eprintln!("{}", json!({"event": "host.ended", "reason": reason}));
    files::remove_socket(&args.socket)
}

fn listen(args: &Args) -> Result<UnixListener, HostError> {
    let listener = UnixListener::bind(&args.socket)
        .map_err(|error| HostError::internal(&format!("{}: {error}", args.socket.display())))?;
    fs::set_permissions(&args.socket, Permissions::from_mode(0o600))
        .map_err(|error| HostError::internal(&error))?;
    Ok(listener)
}

/// The operator holds the other end; when it is gone, nobody waits for answers.
async fn watch_stdin(ending: mpsc::Sender<&'static str>) {
    let (mut stdin, mut bytes) = (tokio::io::stdin(), [0; 64]);
    while matches!(stdin.read(&mut bytes).await, Ok(1..)) {}
    end(&ending, "stdin");
}

async fn watch_idleness(host: Arc<Host>, limit: Duration) {
    loop {
        let busy = !host.jobs.is_empty();
        let active = Duration::from_millis(host.active_ms.load(Ordering::Relaxed));
        let idle = host.started.elapsed().saturating_sub(active);
        if !busy && idle >= limit {
            return end(&host.ending, "idle");
        }
        tokio::time::sleep(if busy { limit } else { limit - idle }).await;
    }
}

async fn sweep_runners(host: Arc<Host>) {
    let mut runners = Runners::default();
    loop {
        tokio::time::sleep(SWEEP).await;
        runners.sweep(|| host.jobs.oldest());
    }
}

/// The first reason counts; another one finds the channel full.
fn end(ending: &mpsc::Sender<&'static str>, reason: &'static str) {
    let _first = ending.try_send(reason);
}

async fn accept(listener: UnixListener, host: Arc<Host>) {
    let mut number = 0;
    while let Ok((stream, _)) = listener.accept().await {
        if host.connections.fetch_add(1, Ordering::Relaxed) >= MAX_CONNECTIONS {
            host.connections.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        number += 1;
        let (host, connection) = (host.clone(), number);
        tokio::spawn(async move {
            converse(stream, connection, &host).await;
            host.connections.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// One connection: requests run side by side, answers come as they are ready.
async fn converse(stream: UnixStream, connection: u64, host: &Arc<Host>) {
    let (mut reader, writer) = stream.into_split();
    let writer = Arc::new(Mutex::new(writer));
    loop {
        match wire::read(&mut reader).await {
            Ok(Some(request)) => host.clone().begin(request, connection, writer.clone()),
            Ok(None) => break,
            Err(error) => {
                // Framing is lost: one answer without a request, and the end.
                answer(&writer, 0, Err(error)).await;
                break;
            }
        }
    }
    if host.jobs.cancel_all(connection) {
        end(&host.ending, "disconnected while proving");
    }
}

impl Host {
    fn begin(self: Arc<Self>, request: Request, connection: u64, writer: Writer) {
        let (id, key) = (request.id, (connection, request.id));
        if let Some(error) = self.refusal(key) {
            tokio::spawn(async move { answer(&writer, id, Err(error)).await });
            return;
        }
        let job = Job::new();
        let handled = self.clone().handle(request, connection, job.clone());
        let work = self.jobs.begin(key, job, || tokio::spawn(handled));
        tokio::spawn(async move {
            let result = work.await.unwrap_or_else(|error| Err(lost(&error)));
            self.note_activity();
            self.jobs.remove(key);
            answer(&writer, id, result).await;
        });
    }

    fn refusal(&self, key: Key) -> Option<HostError> {
        if self.jobs.contains(key) {
            return Some(HostError::malformed("the id is in use"));
        }
        let full = self.jobs.count(key.0) >= MAX_REQUESTS;
        full.then(|| HostError::new(Code::Busy, "too many requests"))
    }

    async fn handle(
        self: Arc<Self>,
        request: Request,
        connection: u64,
        job: Job,
    ) -> Result<Answer, HostError> {
        let parts = request.parts;
        let engine = &self.engine;
        match request.op {
            Op::Version => Ok(engine.version()),
            Op::Resources => resources(),
            Op::Execute { cycle_limit } => engine.execute(&job, exactly(parts)?, cycle_limit).await,
            Op::Setup => engine.setup(&job, exactly(parts)?).await,
            Op::Prove { mode } => engine.prove(&job, exactly(parts)?, mode).await,
            Op::Verify => engine.verify(&job, exactly(parts)?).await,
            Op::VerifyGroth16 => engine.verify_groth16(&job, parts).await,
            Op::Cancel { job } => Ok(self.cancel((connection, job))),
            Op::Progress => Ok(plain(json!({"jobs": self.jobs.describe()}))),
        }
    }

    fn cancel(&self, key: Key) -> Answer {
        let cancelled = self.jobs.cancel(key);
        if cancelled == Cancelled::WhileProving {
            // Later than the answer, which should still arrive.
            let ending = self.ending.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(200)).await;
                end(&ending, "cancelled while proving");
            });
        }
        plain(json!({
            "cancelled": cancelled != Cancelled::Unknown,
            "ending": cancelled == Cancelled::WhileProving,
        }))
    }

    fn note_activity(&self) {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.active_ms.store(elapsed, Ordering::Relaxed);
    }
}

async fn answer(writer: &Writer, id: u64, result: Result<Answer, HostError>) {
    let mut writer = writer.lock().await;
    let written = match wire::write(&mut *writer, id, &result).await {
        Err(error) if error.code == Code::Internal => {
            wire::write(&mut *writer, id, &Err(error)).await
        }
        other => other,
    };
    if let Err(error) = written {
        eprintln!("{}", error.line());
    }
}

fn resources() -> Result<Answer, HostError> {
    let found = serde_json::to_value(Resources::now()).map_err(|e| HostError::internal(&e))?;
    Ok(plain(found))
}

fn plain(fields: serde_json::Value) -> Answer {
    Answer { fields, parts: Vec::new() }
}

fn exactly<const N: usize>(parts: Vec<Vec<u8>>) -> Result<[Vec<u8>; N], HostError> {
    parts.try_into().map_err(|_| HostError::malformed(&format!("this takes {N} parts")))
}

/// A request that ended without an answer of its own: cancelled, or a panic inside SP1.
fn lost(error: &JoinError) -> HostError {
    if error.is_cancelled() {
        HostError::new(Code::Cancelled, "cancelled")
    } else {
        HostError::internal(error)
    }
}
