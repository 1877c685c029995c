"""What can go wrong with the HTTP server."""

from typing import ClassVar

from zk_acts.domain.errors import Disposition, OperatorError


class PortUnavailable(OperatorError):
    """Raised when the configured address cannot be listened on.

    Meaning: The address in `[server]` is taken by another process, needs rights that the user does not have (ports
    below 1024), or is not this machine's.

    What you see: The process ends with exit code 78 and names host, port and the system's reason. It happens before
    anything is paid.

    What to do: Choose another `server.port`, or 0 for a free one (its URL is in `server.started`), or stop what
    listens there: `ss -ltnp`.
    """

    code: ClassVar[str] = "ZKO-WEB-001"
    disposition = Disposition.FATAL
    exit_code = 78
