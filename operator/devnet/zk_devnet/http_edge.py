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


async def continue_only(request: web.Request) -> None:
    """`Expect: 100-continue`, or 417: aiohttp repeats what it does not know, and makes 500 of what is no UTF-8."""
    if request.headers.get("Expect", "").lower() != "100-continue":
        raise web.HTTPExpectationFailed(text="only 100-continue can be expected")
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # the answer has not begun


def expecting(*routes: web.RouteDef) -> list[web.RouteDef]:
    """The routes, and one for every other path, with `continue_only` for what clients expect of them."""
    added = {"expect_handler": continue_only}
    return [
        web.RouteDef(each.method, each.path, each.handler, {**each.kwargs, **added})
        for each in (*routes, web.route("*", "/{unknown:.*}", _not_found))
    ]


async def _not_found(_request: web.Request) -> web.Response:
    raise web.HTTPNotFound
