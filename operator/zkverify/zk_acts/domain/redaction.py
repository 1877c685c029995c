"""URLs as they may be shown: without what they authenticate with."""

from urllib.parse import urlsplit, urlunsplit

HIDDEN = "***"
_LONG = 20  # no word of an endpoint's path is
_LONG_WITH_DIGITS = 8


def redact_url(url: str) -> str:
    """The URL with user info, query, and path parts that look like API keys masked; the fragment is dropped.

    Of what is no URL nothing is shown: where a key would stand in it, nobody knows.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return HIDDEN
    user, _, host = parts.netloc.rpartition("@")
    host = f"{HIDDEN}@{host}" if user else host
    path = "/".join(HIDDEN if _looks_like_a_key(part) else part for part in parts.path.split("/"))
    return urlunsplit((parts.scheme, host, path.rstrip("/"), HIDDEN if parts.query else "", ""))


def _looks_like_a_key(part: str) -> bool:
    has_digits = any(char.isdigit() for char in part)
    return len(part) >= (_LONG_WITH_DIGITS if has_digits else _LONG)
