"""The configuration: TOML, environment, both with what people and platforms write into them."""

import json

from zk_acts.domain.json_text import JsonInvalid, parse_json
from zk_devnet.testing.fuzz.json_mutation import mutate_json
from zk_devnet.testing.fuzz.made_here import memory_file
from zk_devnet.testing.fuzz.target import Decoder, Target
from zk_devnet.testing.fuzz.text_mutation import mutate_text
from zk_operator.settings import load_settings
from zk_operator.settings.key_path import leaves
from zk_operator.settings.show import redacted

_LEAST = """
[evm]
http = ["https://rpc.example.org"]
ws = "wss://rpc.example.org"
chain_id = 11155111
manager = "0x1111111111111111111111111111111111111111"
quoter = "0x2222222222222222222222222222222222222222"
start_block = 9
spend_at = 3
max_gas = 12_000_000
[zkverify]
ws = ["wss://zkverify.example.org"]
genesis_hash = "0xff7fe5a610f15fe7a0c52f94f86313fb7db7d3786e7f8acf2b66c11d5be7c242"
domain_id = 2
[prover]
backends = ["network", "gpu"]
program_elf = "program/batch.elf"
program_vkey = "0x00256800bc27abe0ad8b2c7b8362771c8752ea0d6589a23a1e63d9f3c39cf13c"
[prover.network]
endpoint = "https://rpc.example.org"
tree = "auction"
max_price_per_pgu = 1000000000
whitelist = ["0x1111111111111111111111111111111111111111"]
[prover.gpu]
devices = [0, 1]
[keys]
evm_keystore = "keys/evm.json"
evm_password_file = "keys/evm.password"
sp1_keystore = "keys/sp1.json"
sp1_password_file = "keys/sp1.password"
zkverify_json = "keys/zkverify.json"
zkverify_password_file = "keys/zkverify.password"
[limits]
prove_per_hour = "1.5"
[store]
path = "operator.sqlite"
"""
_TOKENS = (
    *(
        b"[",
        b"]",
        b"[[",
        b"]]",
        b"{",
        b"}",
        b"=",
        b".",
        b"'",
        b'"',
        b'"""',
        b"#",
        b"\\u0000",
        b"\\ud800",
        b"\\x",
        b"\xff",
    ),
    *(
        b"true",
        b"nan",
        b"inf",
        b"-inf",
        b"1e999",
        b"0x" + b"f" * 5_000,
        b"0xffffffffffffffffffffffff",
        b"9" * 5_000,
        b"0b1",
        b"0o7",
        b"1__0",
    ),
    *(
        b"2026-13-45",
        b"2026-11-27T25:61:61Z",
        b"1979-05-27",
        b'"~nobody/x"',
        b'"~"',
        b'"\\u0000"',
        b'"http://["',
        b'"http://a:99999"',
    ),
    *(
        b'"http://user:pw@[::1]:x/"',
        b'"1e1000000000"',
        b'"1e-1000000000"',
        b'"NaN"',
        b'"-1"',
        b'"' + b"a" * 5_000 + b'"',
        b'""',
    ),
    *(
        b"[evm]",
        b"[evm.http]",
        b"[[evm]]",
        b"evm = 1",
        b"prover.network.tree = 1",
        b"prover = []",
        b"[prover.network.x.y.z]",
    ),
    *(
        b"a" + b".a" * 400,
        b"a = " + b"[" * 2_000,
        b"a = " + b"{a=" * 2_000,
        b"[" * 400 + b"]" * 400,
        b"backend = 'network'",
        b'"" = 1',
    ),
)
_ENVIRONMENT = {
    "ZKO_EVM__CHAIN_ID": "10",
    "ZKO_EVM__HTTP": "http://a,http://b",
    "PATH": "/bin",
    "ZKO_SERVER_PORT": "tcp://10.0.0.1:80",
}


def _files() -> Decoder:
    def read(raw: bytes) -> None:
        settings = load_settings(memory_file(raw), {}).settings
        json.dumps(redacted(settings)).encode()

    return Decoder(seeds=[_LEAST.encode()], mutate=mutate_text(_TOKENS), read=read)


def _environments() -> Decoder:
    file = memory_file(_LEAST.encode())

    def read(raw: bytes) -> None:
        document = parse_json(raw)
        pairs = document.items() if isinstance(document, dict) else ()
        env = {str(name): str(value) for name, value in pairs}
        json.dumps(redacted(load_settings(file, env).settings)).encode()

    names = ["ZKO_" + key.upper().replace(".", "__") for key, _ in leaves()]
    sets = [dict.fromkeys(names[at : at + 3], "1") for at in range(0, len(names), 3)]
    seeds = [json.dumps(one).encode() for one in [{**_ENVIRONMENT}, *sets]]
    return Decoder(seeds=seeds, mutate=mutate_json, read=read, refusals=(JsonInvalid,))


TARGETS = (
    Target(name="settings-file", build=_files),
    Target(name="settings-environment", build=_environments),
)
