"""Structured logs on stderr, without names, claims, pictures or embeddings: streams go by their random key."""

import logging
import sys

import structlog


def configure(level: str) -> None:
    """Log from `level` ("debug", "info", ...) on: for people on a terminal, one JSON object a line otherwise."""
    number = logging.getLevelNamesMapping()[level.upper()]
    for_people = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if for_people else [structlog.processors.format_exc_info]),
            terminal() if for_people else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=max(number, logging.WARNING), stream=sys.stderr)  # libraries: only what is wrong


def terminal() -> structlog.dev.ConsoleRenderer:
    """Lines for people. The renderer's own tracebacks would show local variables, and those hold names."""
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
