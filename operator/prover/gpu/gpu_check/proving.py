"""One proof: made through the operator's adapter, kept, and checked against what was asked for."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL

import anyio
from anyio import to_thread

from gpu_check.machine import measured
from gpu_check.materials import Input, Kit
from gpu_check.steps import Facts, StepFailed
from zk_operator.adapters.sp1.gpu import GpuEngine
from zk_operator.adapters.sp1.local.engine import ProofJob
from zk_operator.adapters.sp1.saved_proof import Mode, decode_saved_proof

LONGEST_S = 600.0  # of a proof; the step's own limit is shorter


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where proofs are made, and where they are kept."""

    kit: Kit
    device: int
    binary: Path
    verifier: Path
    proofs: Path

    async def prove(self, engine: GpuEngine, batch: Input, mode: Mode, facts: Facts) -> Path:
        """A proof in a file. Errors: those of the engine; StepFailed where it claims something else."""
        job = ProofJob(
            elf=self.kit.program.read_bytes(),
            stdin=batch.stdin,
            mode=mode,
            timeout_s=LONGEST_S,
        )
        facts |= {"orders": batch.orders, "mode": mode.value}
        async with measured(facts, device=self.device, binary=self.binary):
            started = time.monotonic()
            proof = await engine.prove(job)
            facts["proving_s"] = round(time.monotonic() - started, 3)
        facts["proof_bytes"] = len(proof)
        self.proofs.mkdir(parents=True, exist_ok=True)
        path = self.proofs / f"{mode.value}-{batch.orders}.bin"
        path.write_bytes(proof)
        await to_thread.run_sync(self._require_claims, proof, batch, mode, abandon_on_cancel=True)
        return path

    async def verify(
        self, proof: Path, batch: Input, facts: Facts, *, circuit_key: Path | None = None
    ) -> None:
        """SP1's verifier, as a process of its own. Errors: StepFailed."""
        facts["verified"] = False
        key = [] if circuit_key is None else ["--circuit-key", str(circuit_key)]
        values, vkey = batch.public_values.hex(), self.kit.vkey.hex()
        asked = ["--vkey", vkey, "--public-values", values, *key, str(proof)]
        verdict = await _verdict([str(self.verifier), *asked])
        if verdict.get("valid") is not True:
            raise StepFailed(f"SP1's verifier refuses the proof: {verdict.get('reason')}")
        facts |= {"verified": True, "verifying_s": verdict.get("seconds")}

    def _require_claims(self, proof: bytes, batch: Input, mode: Mode) -> None:
        """ProofMalformed where it is no proof."""
        saved = decode_saved_proof(proof)
        if saved.mode is not mode:
            raise StepFailed(f"asked for a {mode} proof, got a {saved.mode} one")
        if saved.sp1_version != self.kit.circuit:
            raise StepFailed(f"the proof is of circuit {saved.sp1_version}, not {self.kit.circuit}")
        if saved.public_values != batch.public_values:
            raise StepFailed(f"the proof has other public values: {saved.public_values.hex()}")


async def _verdict(command: list[str]) -> Mapping[str, object]:
    """The verifier's line. It says 1 for a proof that does not hold; anything else than 0 and 1 is no verdict."""
    answer = await anyio.run_process(command, stdin=DEVNULL, check=False)
    if answer.returncode not in (0, 1):
        reason = answer.stderr.decode(errors="replace").strip()[-300:]
        raise StepFailed(f"SP1's verifier ends with {answer.returncode}: {reason}")
    verdict: Mapping[str, object] = json.loads(answer.stdout)
    return verdict
