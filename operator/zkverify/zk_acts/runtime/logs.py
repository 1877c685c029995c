"""Logging set-up: JSON lines off a terminal, a console rendering on one; secrets and keys never reach a renderer."""

import logging
import sys
from typing import Literal, TextIO

import structlog

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def configure_logs(
    *, level: str, form: Literal["auto", "json", "console"], stream: TextIO | None = None
) -> None:
    """Route structlog and the standard library's warnings to the stream (standard error by default)."""
    target = stream or sys.stderr
    console = form == "console" or (form == "auto" and target.isatty())
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=target.isatty())
        if console
        else structlog.processors.JSONRenderer(sort_keys=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=target),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(stream=target, level=logging.WARNING, format="%(message)s", force=True)
