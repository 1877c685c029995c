"""zkverifyjs in a process of its own, which submits a round when it is told to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

import anyio

SCRIPT = Path(__file__).with_name("zkverifyjs_load.mjs")
MODULE = (
    Path(__file__).parents[2]
    / "tests/integration/zkverifyjs/node_modules/zkverifyjs/dist/esm/index.js"
)
ROUND_S = 120.0


class ZkVerifyJs:
    """The running process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def submit_all(self, *, first: int, each: int) -> float:
        """Every account submits `each` proofs from nonce `first`; accepted submissions a second."""
        await self.say({"first": first, "each": each})
        assert self._process.stdout is not None
        with anyio.fail_after(ROUND_S):
            answer = await self._process.stdout.readline()
        return float(json.loads(answer)["rate"])

    async def say(self, message: dict[str, Any]) -> None:
        """One line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        await self._process.stdin.drain()


@asynccontextmanager
async def zkverifyjs(
    endpoint: str, *, owner: str, accounts: int, proof: dict[str, Any]
) -> AsyncIterator[ZkVerifyJs]:
    """zkverifyjs with a session of derived accounts. SystemExit where it is not installed."""
    if not MODULE.is_file():
        raise SystemExit("zkverifyjs is not installed: run `make zkverifyjs`")
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    client = ZkVerifyJs(process)
    try:
        request = {"zkverifyjs": str(MODULE), "endpoint": endpoint, "owner": owner}
        await client.say({**request, "accounts": accounts, "proofData": proof})
        yield client
    finally:
        process.kill()
        await process.wait()
