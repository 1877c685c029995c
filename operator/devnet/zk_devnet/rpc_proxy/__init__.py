"""An EVM endpoint that misbehaves on demand, in front of a real one: for rehearsals and for tests."""

from zk_devnet.rpc_proxy.server import ProxyConfig, RpcProxy, serve

__all__ = ["ProxyConfig", "RpcProxy", "serve"]
