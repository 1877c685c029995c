"""The end of child processes, of one that cannot be killed too."""

import anyio
import pytest

from zk_operator.adapters.sp1 import child
from zk_operator.adapters.sp1.child import end_process


class Child:
    """A process as far as its end is concerned. `ends_by`: what makes it end."""

    pid = 7

    def __init__(self, ends_by: str) -> None:
        self.ends_by = ends_by
        self.returncode: int | None = 0 if ends_by == "itself" else None
        self.calls: list[str] = []

    async def wait(self) -> int:
        self.calls.append("wait")
        if self.returncode is None:
            await anyio.sleep_forever()
        assert self.returncode is not None
        return self.returncode

    def kill(self) -> None:
        self.calls.append("kill")
        if self.ends_by == "kill":
            self.returncode = -9

    async def aclose(self) -> None:
        self.calls.append("close")
        await self.wait()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "KILLED_S", 0.01)


@pytest.mark.parametrize(
    ("ends_by", "calls"),
    [
        ("itself", ["wait", "close", "wait"]),
        ("kill", ["wait", "kill", "wait", "close", "wait"]),
        ("nothing", ["wait", "kill", "wait"]),
    ],
)
async def test_end__of_any_child__is_bounded(ends_by: str, calls: list[str]) -> None:
    process = Child(ends_by)
    with anyio.fail_after(2):
        await end_process(process, grace_s=0.01)  # type: ignore[arg-type]  # the part that is used
    assert process.calls == calls


async def test_end__cancelled__kills_all_the_same() -> None:
    process = Child("kill")
    with anyio.CancelScope() as scope:
        scope.cancel()
        await end_process(process, grace_s=0.01)  # type: ignore[arg-type]  # the part that is used
    assert process.returncode == -9
