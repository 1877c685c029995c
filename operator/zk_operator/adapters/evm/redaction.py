"""URLs without what they authenticate with."""

from urllib.parse import urlsplit


def redact_url(url: str) -> str:
    """Scheme, host and port; user info, path segments that look like keys, and any query are masked."""
    parts = urlsplit(url)
    host = parts.hostname or "?"
    host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port else ""
    segments = [_masked(segment) for segment in parts.path.split("/")]
    query = "?***" if parts.query else ""
    return f"{parts.scheme}://{host}{port}{'/'.join(segments)}{query}".rstrip("/")


def _masked(segment: str) -> str:
    looks_like_key = len(segment) >= 16 or (
        len(segment) >= 8 and any(char.isdigit() for char in segment)
    )
    return "***" if looks_like_key else segment
