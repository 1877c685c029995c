"""Every target by name."""

from collections.abc import Mapping
from functools import cache

from zk_devnet.testing.fuzz import (
    cli_targets,
    devnet_targets,
    evm_targets,
    key_targets,
    settings_targets,
    sp1_targets,
    web_targets,
    zkverify_targets,
)
from zk_devnet.testing.fuzz.target import Decoder, Target

_PARTS = (
    *(evm_targets, zkverify_targets, sp1_targets, settings_targets, key_targets, web_targets),
    *(devnet_targets, cli_targets),
)
TARGETS: Mapping[str, Target] = {target.name: target for part in _PARTS for target in part.TARGETS}


@cache
def decoder_of(name: str) -> Decoder:
    """The target's decoder, built once in a process."""
    return TARGETS[name].build()
