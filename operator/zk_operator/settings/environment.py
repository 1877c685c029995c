"""Variables of the environment: which set a key, which are a slip, and which somebody else made.

Kubernetes describes every service of the namespace to every container, and Docker did so for every link:
`ZKO_SERVER_PORT=tcp://10.0.0.1:80` comes of a service named `zko-server`, and is no port that anyone chose.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

ENV_PREFIX: Final = "ZKO_"
ENV_SEPARATOR: Final = "__"

# What the program's own verbs read, and no key of the configuration.
OWN_VARIABLES: Final = frozenset(
    {
        "ZKO_CONFIG_FILE",
        "ZKO_CRASH_AT",
        "ZKO_DEV_ENDPOINT",
        "ZKO_KEY_FILE",
        "ZKO_MANAGER",
        "ZKO_PASSWORD_FILE",
        "ZKO_ROUTER",
        "ZKO_RPC",
        "ZKO_ZKVERIFY_ACCOUNT",
        "ZKO_ZKVERIFY_ENDPOINT",
        "ZKO_ZKVERIFY_STATE",
    }
)

_URL: Final = re.compile(r"(tcp|udp|sctp)://\S+")
_NUMBER: Final = re.compile(r"\d{1,5}")
_ANY: Final = re.compile(r"\S+")
# Endings by which a platform describes a service, and what stands there then.
_PLATFORM: Final = (
    (re.compile(r"(.+)_SERVICE_HOST"), _ANY),
    (re.compile(r"(.+)_SERVICE_PORT(?:_\w+)?"), _NUMBER),
    (re.compile(r"(.+)_PORT"), _URL),
    (re.compile(r"(.+)_PORT_\d+_(?:TCP|UDP|SCTP)"), _URL),
    (re.compile(r"(.+)_PORT_\d+_(?:TCP|UDP|SCTP)_ADDR"), _ANY),
    (re.compile(r"(.+)_PORT_\d+_(?:TCP|UDP|SCTP)_PORT"), _NUMBER),
    (re.compile(r"(.+)_PORT_\d+_(?:TCP|UDP|SCTP)_PROTO"), re.compile("tcp|udp|sctp")),
)
# Docker's links have these too; they say nothing without one of the above for the same link.
_OF_A_LINK: Final = re.compile(r"(.+?)_(?:NAME|ENV_\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """`keys`: dotted key by variable. `slips`: what looks like a key and is none. `foreign`: made by the platform."""

    keys: Mapping[str, str]
    slips: tuple[str, ...]
    foreign: tuple[str, ...]


def sort_environment(
    env: Mapping[str, str], *, known: frozenset[str], sections: frozenset[str]
) -> Sorted:
    """Tell apart the variables that begin with ZKO_. `known`: the dotted keys that exist."""
    keys: dict[str, str] = {}
    slips, foreign = [], []
    links = frozenset(_links(env))
    for name in sorted(env):
        if not name.startswith(ENV_PREFIX) or name in OWN_VARIABLES:
            continue
        words = name.removeprefix(ENV_PREFIX)
        key = words.lower().replace(ENV_SEPARATOR, ".")
        if ENV_SEPARATOR in words and key in known:
            keys[name] = key
        elif _is_of_platform(name, env[name], links):
            foreign.append(name)
        elif ENV_SEPARATOR in words:
            keys[name] = key
        elif "_" in words and words.partition("_")[0].lower() in sections:
            slips.append(name)
    return Sorted(keys=keys, slips=tuple(slips), foreign=tuple(foreign))


def _links(env: Mapping[str, str]) -> Iterator[str]:
    """The names of services that the environment describes."""
    for name, value in env.items():
        yield from (
            found[1]
            for ending, form in _PLATFORM
            if (found := ending.fullmatch(name)) and form.fullmatch(value)
        )


def _is_of_platform(name: str, value: str, links: frozenset[str]) -> bool:
    if any(ending.fullmatch(name) and form.fullmatch(value) for ending, form in _PLATFORM):
        return True
    linked = _OF_A_LINK.fullmatch(name)
    return linked is not None and linked[1] in links
