"""Pure parts of the devnet's chain: encodings, plans, command line, deployment file."""

import json
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from zk_acts.domain.ids import Hash32
from zk_devnet.errors import ToolchainMissing
from zk_devnet.evm import codec
from zk_devnet.evm.accounts import dev_account
from zk_devnet.evm.anvil import AnvilConfig
from zk_devnet.evm.deployment import Deployment, Pool, Token
from zk_devnet.evm.transactions import TransactionPlan
from zk_devnet.toolchain import Artifact, Toolchain, find_toolchain
from zk_operator.domain.ids import Address, PoolId

ANVIL_0 = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")


def test_encode_call__transfer__is_the_well_known_calldata() -> None:
    data = codec.encode_call("transfer(address,uint256)", b"\x11" * 20, 5)
    assert data.hex() == "a9059cbb" + "00" * 12 + "11" * 20 + "00" * 31 + "05"
    assert codec.encode_call("pause()").hex() == "8456cb59"


@pytest.mark.parametrize(
    ("nonce", "expected"),
    [
        (0, "5fbdb2315678afecb367f032d93f642f64180aa3"),
        (1, "e7f1725e7734ce288f8367e1bb143e90bb3f0512"),
    ],
)
def test_create_address__anvils_first_account__is_the_one_everybody_knows(
    nonce: int, expected: str
) -> None:
    assert codec.create_address(ANVIL_0, nonce).hex() == expected


def test_create_address__long_nonces__are_all_different() -> None:
    nonces = (0, 1, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x10000)
    assert len({codec.create_address(ANVIL_0, nonce) for nonce in nonces}) == len(nonces)


def test_hook_salt__found__gives_the_flags_and_the_create2_address() -> None:
    salt, address = codec.mine_hook_salt(b"init code")
    assert int.from_bytes(address, "big") & 0x3FFF == 0x2088
    expected = keccak(b"\xff" + codec.CREATE2_FACTORY + salt + keccak(b"init code"))[12:]
    assert address == expected


def test_price__four_to_one__is_twice_q96() -> None:
    assert codec.sqrt_price_x96(4, 1) == 2 << 96
    assert codec.full_range_liquidity(400, 100) == 200


def test_accounts__first__is_anvils() -> None:
    account = dev_account(0)
    assert account.address == ANVIL_0
    assert account.private_key.hex().startswith("ac0974be")


def test_anvil_arguments__defaults__ask_for_a_free_port_and_short_epochs() -> None:
    given = AnvilConfig().arguments()
    pairs = dict(zip(given[::2], given[1::2], strict=True))
    assert (pairs["--port"], pairs["--slots-in-an-epoch"], pairs["--block-time"]) == ("0", "1", "1")
    assert "--state" not in pairs
    assert "--block-time" not in AnvilConfig(block_time_s=None).arguments()


def test_plan__nonces__count_per_sender_and_name_the_created_address() -> None:
    other = b"\x02" * 20
    plan = TransactionPlan({ANVIL_0: 0, other: 7})
    first = plan.create(ANVIL_0, "one", b"code")
    plan.call(other, "two", first, b"data", value=3)
    plan.call(ANVIL_0, "three", first, b"")
    assert first == codec.create_address(ANVIL_0, 0)
    assert [(tx.sender, tx.nonce) for tx in plan.transactions] == [
        (ANVIL_0, 0),
        (other, 7),
        (ANVIL_0, 1),
    ]
    assert "to" not in plan.transactions[0].as_params()
    assert plan.transactions[1].as_params()["value"] == "0x3"


def test_deployment__written_and_read__is_the_same() -> None:
    a, h = Address(b"\x01" * 20), Hash32(b"\x02" * 32)
    made = Deployment(
        chain_id=31337,
        deploy_block=1,
        pool_manager=a,
        hook=a,
        manager=a,
        zkverify=a,
        receipt_verifier=a,
        response_verifier=a,
        quoter=a,
        swap_router=a,
        liquidity_router=a,
        owner=a,
        operator=a,
        relayer=a,
        tokens=(Token(address=a, symbol="dUSD", decimals=6),),
        pools=(
            Pool(pool_id=PoolId(h), label="x", currency0=a, currency1=a, fee=3000, tick_spacing=60),
        ),
        traders=(a, a),
        domain_id=0,
        fee_bps=10,
        cancel_delay_s=20,
        max_order_span_s=86400,
        groth16_vk_hash=h,
        program_vkey=h,
        recursion_root=h,
    )
    text = made.to_json()
    assert json.loads(text)["manager"] == "0x" + "01" * 20
    assert Deployment.from_json(text) == made
    with pytest.raises(KeyError):
        Deployment.from_json('{"tokens": [], "pools": []}')


def test_toolchain__nothing_installed__says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ToolchainMissing, match="make setup"):
        find_toolchain(tmp_path)
    tools = Toolchain(contracts_dir=tmp_path, anvil=tmp_path / "anvil")
    with pytest.raises(ToolchainMissing, match=r"DarkCoWHook is not compiled: run `make setup`"):
        tools.artifact("DarkCoWHook")


def test_toolchain__an_artifact__has_its_constructors_types(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "Thing.sol"
    folder.mkdir(parents=True)
    inputs = [
        {"type": "address"},
        {"type": "tuple[]", "components": [{"type": "uint8"}, {"type": "bytes32"}]},
    ]
    raw = {"abi": [{"type": "constructor", "inputs": inputs}], "bytecode": {"object": "0x6001"}}
    (folder / "Thing.json").write_text(json.dumps(raw))
    artifact = Toolchain(contracts_dir=tmp_path, anvil=tmp_path).artifact("Thing")
    assert artifact.bytecode == b"\x60\x01"
    assert artifact.constructor_types() == ["address", "(uint8,bytes32)[]"]
    assert Artifact(name="x", abi=[], bytecode=b"").constructor_types() == []
