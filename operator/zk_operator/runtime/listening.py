"""Whether a port can be listened on at this moment. It may be taken the next: whoever listens finds out for good."""

import socket


def why_not_free(host: str, port: int) -> str | None:
    """Why nobody can listen there now; None where one can, as on port 0, which takes a free one."""
    try:
        (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error.strerror or str(error)
    return None
