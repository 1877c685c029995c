"""What nvidia-smi says, a server's last words, and whose socket it is."""

import os

import pytest

from zk_operator.adapters.sp1.errors import GpuDeviceTaken
from zk_operator.adapters.sp1.gpu.device import parse_facts
from zk_operator.adapters.sp1.gpu.process import last_words
from zk_operator.adapters.sp1.gpu.session import Peer, require_peer

OTHER_USER = os.getuid() + 1


def test_facts__a_line__are_texts_and_numbers() -> None:
    assert parse_facts("NVIDIA H100 80GB HBM3, 580.95.05, 512, 81559, 7\n") == {
        "name": "NVIDIA H100 80GB HBM3",
        "driver": "580.95.05",
        "memory_used_mib": 512,
        "memory_total_mib": 81_559,
        "busy_percent": 7,
    }


def test_facts__what_a_device_does_not_tell__is_left_out() -> None:
    assert parse_facts("GB10, 580.95.05, [N/A], [N/A], 0") == {
        "name": "GB10",
        "driver": "580.95.05",
        "busy_percent": 0,
    }
    assert parse_facts("No devices were found") == {}


def test_last_words__of_a_panic__are_its_place_and_reason() -> None:
    output = """Running sp1-gpu-server 6.10.0 with device 0

thread 'main' panicked at src/task.rs:199:14:
no CUDA-capable device is detected
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
"""
    assert last_words(output).endswith("src/task.rs:199:14: | no CUDA-capable device is detected")
    assert last_words("") == ""
    assert len(last_words("x" * 10_000)) == 600


@pytest.mark.parametrize("uid", [os.getuid(), 0])
def test_peer__of_ours_or_root__is_spoken_to(uid: int) -> None:
    require_peer(Peer(pid=7, uid=uid), device=0, expected_pid=7)
    require_peer(Peer(pid=7, uid=uid), device=0, expected_pid=None)


@pytest.mark.parametrize(("peer", "expected"), [((7, OTHER_USER), None), ((8, 0), 7)])
def test_peer__another_user_or_process__is_refused(
    peer: tuple[int, int], expected: int | None
) -> None:
    with pytest.raises(GpuDeviceTaken):
        require_peer(Peer(pid=peer[0], uid=peer[1]), device=0, expected_pid=expected)
