"""Values of the command line, as people and scripts write them: refused with what is wrong, never with a trace."""

import json
from collections.abc import Callable
from functools import partial

import typer

from zk_acts.domain.json_text import JsonInvalid, parse_json
from zk_devnet.testing.fuzz.json_mutation import mutate_json
from zk_devnet.testing.fuzz.target import Decoder, Target, require
from zk_devnet.zkverify.signature import account_of
from zk_trader.cli import order_options
from zkverify_client.cli import options as zkverify_options
from zkverify_client.signing.mnemonic import derive
from zkverify_client.signing.signer import ZkVerifySigner

_TOKENS = partial(order_options.parse_amount, in_tokens=True, option="--amount")
_UNITS = partial(order_options.parse_amount, in_tokens=False, option="--amount")


def _fee(text: str) -> object:
    try:
        gwei = float(text)
    except ValueError:
        return None  # typer has said so
    return order_options.fee_cap_wei(gwei)


_PARSERS: dict[str, tuple[Callable[[str], object], str]] = {
    "address": (order_options.parse_address, "0x" + "11" * 20),
    "tokens": (_TOKENS, "1.5"),
    "units": (_UNITS, "1500000"),
    "salt": (order_options.parse_salt, "0x10"),
    "fee": (_fee, "1.5"),
    "hash": (zkverify_options.parse_hash, "0x" + "22" * 32),
    "bytes": (zkverify_options.parse_bytes, "0x0102"),
    "account": (zkverify_options.parse_account, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"),
    "vfy": (zkverify_options.parse_vfy, "0.5"),
    "uri": (ZkVerifySigner.from_development_uri, "//Alice//0"),
    "path": (partial(derive, ZkVerifySigner.from_seed(bytes(32))._pair), "//hard/soft"),
    "node-account": (account_of, "//Bob"),
}


def _values() -> Decoder:
    def read(raw: bytes) -> None:
        document = parse_json(raw)
        pairs = document.items() if isinstance(document, dict) else ()
        for name, text in pairs:
            if name in _PARSERS and isinstance(text, str):
                found = _PARSERS[name][0](text)
                require(not isinstance(found, int) or found >= 0, "an amount below nothing")

    seeds = [json.dumps({name: text}).encode() for name, (_, text) in _PARSERS.items()]
    # ValueError: those of keys, which verbs turn into a refusal.
    refusals = (JsonInvalid, typer.BadParameter, ValueError)
    return Decoder(seeds=seeds, mutate=mutate_json, read=read, refusals=refusals)


TARGETS = (Target(name="cli-values", build=_values),)
