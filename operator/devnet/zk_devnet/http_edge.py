"""What the dev servers over HTTP have in common at their edge."""

from collections.abc import Awaitable, Callable

from aiohttp import web


@web.middleware
async def refuse_broken_requests(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """400 for headers that are no UTF-8, and for a body that is not in the encoding it names; aiohttp makes 500 of them."""
    try:
        "".join(request.headers.values()).encode()
        return await handler(request)
    except web.RequestPayloadError as error:
        raise web.HTTPBadRequest(text="the body cannot be read") from error
    except UnicodeEncodeError as error:
        raise web.HTTPBadRequest(text="a header is no UTF-8") from error
