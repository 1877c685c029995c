"""Whether an endpoint answers JSON-RPC batches. Apart from the transport, which does not need them."""

from typing import Final

import aiohttp
import anyio

_CALLS: Final = [
    {"jsonrpc": "2.0", "id": number, "method": "eth_chainId", "params": []} for number in (1, 2)
]


async def takes_batches(url: str, *, timeout_s: float) -> bool:
    """True where two requests in one message come back as two answers; False for anything else."""
    try:
        with anyio.fail_after(timeout_s):
            async with aiohttp.ClientSession() as session, session.post(url, json=_CALLS) as answer:
                parsed = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return False
    return isinstance(parsed, list) and len(parsed) == len(_CALLS)
