"""URLs in logs and on screens: nothing that authenticates is readable, the rest is."""

import pytest

from zk_acts.domain.redaction import redact_url

KEY = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
        ("http://[::1]:8545/", "http://[::1]:8545"),
        ("http://[::1]:8545/rpc#token", "http://[::1]:8545/rpc"),
        ("https://user:secret@rpc.example.org:8545/", "https://***@rpc.example.org:8545"),
        ("https://token@rpc.example.org/rpc", "https://***@rpc.example.org/rpc"),
        (f"https://rpc.example.org/v3/{KEY}", "https://rpc.example.org/v3/***"),
        ("https://rpc.example.org/v2/abcdEFGH0123456789", "https://rpc.example.org/v2/***"),
        ("https://rpc.example.org/abcdefghijklmnopqrstuvwx", "https://rpc.example.org/***"),
        ("wss://rpc.example.org/ws/0123abcd", "wss://rpc.example.org/ws/***"),
        ("https://rpc.example.org/key123?apikey=1", "https://rpc.example.org/key123?***"),
        (
            f"wss://rpc.ankr.com/zkverify_mainnet/ws/{KEY}",
            "wss://rpc.ankr.com/zkverify_mainnet/ws/***",
        ),
        ("wss://user:secret@host:443/x?apikey=secret#y", "wss://***@host:443/x?***"),
    ],
)
def test_redact_url__what_authenticates__is_masked(url: str, shown: str) -> None:
    assert redact_url(url) == shown


@pytest.mark.parametrize("url", ["http://[", "http://[::1", "//[key", "http://a]b/key"])
def test_redact_url__what_is_no_url__is_hidden_whole(url: str) -> None:
    assert redact_url(url) == "***"
