"""The daemon as a process of its own: started, watched by its log, killed, started again."""

import json
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio
from anyio.abc import Process

from zk_devnet.testing.scenario.deadline import ScenarioStuck, until
from zk_devnet.testing.scenario.verb import Ended, clean_environment, run_verb, verb_command

_START_TIMEOUT_S = 30.0
_TAIL_LINES = 25
_ANSWER_S = 40.0  # of a verb that shows something
Line = dict[str, Any]


class OperatorProcess:
    """One operator with its database, over several lives. An async context that leaves nothing running.

    `settings` override the configuration in every life ("evm.poll_interval_s": "0.25"). `locks` is where the daemon's
    key locks lie: operators that share it exclude each other, others do not. `environment`: variables besides our own.
    """

    def __init__(
        self,
        *,
        config: Path,
        log: Path,
        locks: Path,
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.config = config
        self.log = log
        self.settings = dict(settings or {})
        self.environment = dict(environment or {})
        self.lives = 0
        self._locks = locks
        self._process: Process | None = None
        self._seen = 0  # where the current life begins in the log

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with anyio.CancelScope(shield=True):
            if self._process is not None:
                self.send(signal.SIGKILL)
                await self._process.wait()
                await self._process.aclose()

    async def start(self, *, crash_at: str | None = None, wait: bool = True) -> None:
        """Begin a new life, which ends at a labelled point if one is named.

        Waits until the daemon says that it runs, except where it may die before: recovery passes the points too.
        """
        await self.__aexit__(None, None, None)
        self.lives += 1
        self._locks.mkdir(parents=True, exist_ok=True)
        self._seen = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._process = await anyio.open_process(
                verb_command("run", *self._options()),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=self._environment(crash_at),
            )
        if wait and crash_at is None:
            await self.event("daemon.started", timeout_s=_START_TIMEOUT_S)

    async def verb(self, *words: str, timeout_s: float = 40.0) -> Ended:
        """Run another verb with this configuration and these settings, to its end. Raises ScenarioStuck."""
        self._locks.mkdir(parents=True, exist_ok=True)
        return await run_verb(
            *words, *self._options(), environment=self._environment(None), timeout_s=timeout_s
        )

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        if self.is_alive:
            self._running().send_signal(number)

    @property
    def is_alive(self) -> bool:
        """Whether its current life goes on."""
        return self._process is not None and self._process.returncode is None

    async def ended(self, *, timeout_s: float) -> int:
        """The exit code of the current life; negative for a signal. Raises ScenarioStuck."""
        with anyio.move_on_after(timeout_s):
            return await self._running().wait()
        raise ScenarioStuck(f"the daemon still runs after {timeout_s:g} s\n{self.tail()}")

    async def stop(self, *, timeout_s: float = 40.0) -> int:
        """SIGTERM, and the exit code."""
        self.send(signal.SIGTERM)
        return await self.ended(timeout_s=timeout_s)

    def lines(self, event: str | None = None, **fields: object) -> list[Line]:
        """The log lines of the current life, of one event, with these fields."""
        found = []
        for text in self.output.splitlines():
            line = _parsed(text)
            if event in (None, line.get("event")) and fields.items() <= line.items():
                found.append(line)
        return found

    async def event(
        self, event: str, *, timeout_s: float, count: int = 1, **fields: object
    ) -> list[Line]:
        """The first lines like this of the current life. Raises ScenarioStuck, also when the daemon ends before."""

        async def look() -> list[Line] | None:
            alive = self.is_alive  # asked first: what it wrote before its end is found below
            found = self.lines(event, **fields)
            if len(found) < count and not alive:
                raise ScenarioStuck(f"the daemon ended before {event}")
            return found[:count] if len(found) >= count else None

        try:
            return await until(look, f"{event} {fields or ''}", timeout_s=timeout_s)
        except ScenarioStuck as error:
            raise ScenarioStuck(f"{error}\n{self.tail()}") from None

    @property
    def output(self) -> str:
        """Everything that the current life has written."""
        return self._text(self._seen)

    @property
    def url(self) -> str:
        """Where the current life's HTTP server listens."""
        return str(self.lines("server.started")[0]["url"])

    def tail(self) -> str:
        """The last lines, for a failure's message."""
        return "\n".join(self._text(0).splitlines()[-_TAIL_LINES:])

    def _text(self, start: int) -> str:
        if not self.log.exists():
            return ""
        return self.log.read_bytes()[start:].decode(errors="replace")

    def _running(self) -> Process:
        assert self._process is not None, "start it first"
        return self._process

    async def ask(self, *verb: str) -> Any:
        """What a verb prints as JSON, with the daemon's configuration and beside it or not. Its exit code is 0."""
        with anyio.fail_after(_ANSWER_S):
            done = await anyio.run_process(
                [*verb_command(*verb, *self._options()), "--json"],
                env=self._environment(None),
                check=True,
            )
        return json.loads(done.stdout)

    def _options(self) -> list[str]:
        flags = (("--set", f"{key}={value}") for key, value in self.settings.items())
        return ["--config", str(self.config), *(word for pair in flags for word in pair)]

    def _environment(self, crash_at: str | None) -> dict[str, str]:
        crash = {"ZKO_CRASH_AT": crash_at} if crash_at else {}
        return {**clean_environment(), **self.environment, **crash, "TMPDIR": str(self._locks)}


def _parsed(text: str) -> Line:
    """A log line, or nothing for output of another kind."""
    try:
        line = json.loads(text)
    except ValueError:
        return {}
    return line if isinstance(line, dict) else {}
