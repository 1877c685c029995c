"""Everything that is wrong with what was configured, collected and told at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from zk_acts.domain.errors import OperatorError
from zk_operator.settings.errors import ConfigError, UnusableFiles


class Problems:
    """Errors, each under the key of the configuration that it is about. In order; one per key."""

    def __init__(self) -> None:
        self._found: dict[str, OperatorError] = {}

    def about(self, *keys: str) -> bool:
        """Whether one of these keys has an error."""
        return any(key in self._found for key in keys)

    @contextmanager
    def at(self, key: str) -> Iterator[None]:
        """Note an error of ours under the key, and go on; nothing is done for a key that has one already."""
        try:
            yield
        except OperatorError as error:
            self._found.setdefault(key, error)

    def raise_any(self) -> None:
        """Error: the one, as it is; of several alike configuration errors one with all lines; else UnusableFiles."""
        errors = list(self._found.items())
        if not errors:
            return
        key, first = errors[0]
        kinds = {type(error) for _, error in errors}
        if len(errors) == 1:
            raise _named(key, first)
        if len(kinds) == 1 and isinstance(first, ConfigError):
            raise type(first)(
                problems=tuple(line for _, error in errors for line in _lines("", error))
            )
        raise UnusableFiles(
            problems=tuple(line for key, error in errors for line in _lines(key, error))
        )


def _named(key: str, error: OperatorError) -> OperatorError:
    if not isinstance(error, ConfigError):
        error.context = {"key": key, **error.context}
    return error


def _lines(key: str, error: OperatorError) -> Iterator[str]:
    """A line per problem. With a key: each with the error's code, as there are several."""
    if not isinstance(error, ConfigError):
        yield f"{key}: {error}"
    elif not error.problems:
        yield f"{key}: {error}" if key else error.message
    else:
        yield from (f"{line} [{error.code}]" if key else line for line in error.problems)
