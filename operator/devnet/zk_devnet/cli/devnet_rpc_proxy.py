"""What `zk-operator devnet rpc-proxy` is told and what it lists."""

from collections.abc import Sequence

import typer

from zk_devnet.rpc_proxy import ProxyConfig
from zk_devnet.rpc_proxy.catalogue import FAULTS, about, make_fault, options
from zk_devnet.rpc_proxy.trigger import Trigger

_PORTS = 65_536


def described() -> str:
    """Every fault: its name, what it imitates, its options with what holds without them."""
    lines = []
    for name, kind in FAULTS.items():
        own = ", ".join(option.shown() for option in options(kind).values())
        lines += [name, f"    {about(name)}", *([f"    {own}"] if own else [])]
    common = ", ".join(option.shown() for option in options(Trigger).values())
    return "\n".join([*lines, "every fault", f"    {common}"])


def proxy_config(upstream: str, listen: str, faults: Sequence[str], seed: int) -> ProxyConfig:
    """Errors: BadParameter for what is no HTTP URL or HOST:PORT, FaultUnknown."""
    if not upstream.startswith(("http://", "https://")):
        raise typer.BadParameter("an http or https URL", param_hint="--upstream")
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) >= _PORTS:
        raise typer.BadParameter("HOST:PORT", param_hint="--listen")
    for text in faults:
        make_fault(text, seed=seed)
    return ProxyConfig(
        upstream=upstream, host=host, port=int(port), seed=seed, faults=tuple(faults)
    )
