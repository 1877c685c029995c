"""SIGHUP: the configuration is read again while orders are under way."""

import signal
from pathlib import Path

import pytest

from zk_devnet.testing.scenario import Effects, open_stage, require_sound
from zk_devnet.up import Devnet

pytestmark = [pytest.mark.devnet, pytest.mark.scenario]
CAP, TOO_LOW, HIGHER = (f'prove_per_hour = "{cap}"' for cap in ("0.1", "0.2", "90"))


async def test_reload__of_good_and_bad_files__takes_live_keys_and_loses_nothing(
    devnet: Devnet, folder: Path, seed: int
) -> None:
    """Pins: a cap is raised without a restart; of two reloads in a row the last counts; a broken file, a static key
    and a static key that names a missing file change nothing.

    Budget 50 s.
    """
    async with open_stage(devnet, folder) as stage, stage.operator() as operator:
        before = await Effects.read(stage)
        config = stage.files.config
        good = config.read_text().replace('prove_per_hour = "100"', CAP)
        assert CAP in good
        config.write_text(good)
        await operator.start()
        posted = await stage.place(2, seed=seed)
        await operator.event("spending.stopped", resource="PROVE", timeout_s=40)

        config.write_text(good.replace(CAP, "prove_per_hour = lots"))
        operator.send(signal.SIGHUP)
        [line] = await operator.event("config.rejected", timeout_s=10)
        assert line["code"] == "ZKO-CFG-002"
        assert operator.lines("config.reloaded") == []

        config.write_text(good.replace("keys/evm.json", "keys/nowhere.json"))
        operator.send(signal.SIGHUP)
        [_, line] = await operator.event("config.rejected", count=2, timeout_s=10)
        assert line["code"] == "ZKO-CFG-003"
        assert "keys.evm_keystore: no file" in str(line["error"])
        assert operator.lines("config.reloaded") == []

        config.write_text(good.replace(CAP, TOO_LOW))
        operator.send(signal.SIGHUP)
        await operator.event("config.reloaded", timeout_s=10)
        config.write_text(good.replace(CAP, HIGHER).replace("port = 0", "port = 9999"))
        operator.send(signal.SIGHUP)  # while the services begin again for the other
        [line] = await operator.event("config.restart_needed", timeout_s=10)
        assert line["keys"] == ["server.port"]
        [_, line] = await operator.event("config.reloaded", count=2, timeout_s=10)
        assert line["changed"] == {"limits.prove_per_hour": "90"}

        await stage.until_settled(posted)
        await stage.until_quiet()
        assert len(operator.lines("daemon.started")) == 1
        assert await operator.stop() == 0
        await require_sound(stage, posted, before)
