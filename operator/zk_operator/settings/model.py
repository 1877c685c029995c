"""The whole configuration as one frozen tree."""

from typing import Literal

from zk_operator.settings.base import Section
from zk_operator.settings.chains import EvmSettings, ZkVerifySettings
from zk_operator.settings.field import (
    TOKEN,
    Bps,
    FilePath,
    Port,
    Seconds,
    TokenAmount,
    setting,
)
from zk_operator.settings.priority import PriorityRules
from zk_operator.settings.prover import ProverSettings


class KeySettings(Section):
    """Keys and passwords, by file only; no secret is ever a value here."""

    evm_keystore: FilePath = setting(about="V3 keystore of the account that settles and signs")
    evm_password_file: FilePath = setting(about="File that holds its password")
    sp1_keystore: FilePath = setting(about="V3 keystore of the prover network's account")
    sp1_password_file: FilePath = setting(about="File that holds its password")
    zkverify_json: FilePath = setting(
        about="polkadot-js encrypted JSON (sr25519) of the zkVerify account"
    )
    zkverify_password_file: FilePath = setting(about="File that holds its password")
    allow_exposed: bool = setting(
        default=False,
        about="Accept key and password files that group or others may read, as some mounts make them",
    )


class BatchingSettings(Section):
    """When a batch is closed, and how its price is chosen."""

    # 90 native payouts whose recipients all burn their gas still fit a transaction (EIP-7825); more might never be posted.
    max_orders: int = setting(64, about="Most orders in a batch", live=True, ge=1, le=90)
    max_bytes: int = setting(
        96_000, about="Most input of the batch program, in bytes", live=True, gt=1_000
    )
    max_age_s: Seconds = setting(
        30.0,
        about="A batch is closed when an order of normal priority has waited this long",
        live=True,
    )
    max_age_high_s: Seconds = setting(
        10.0, about="The same for high priority; critical orders never wait", live=True
    )
    max_age_low_s: Seconds = setting(120.0, about="The same for low priority", live=True)
    priorities: PriorityRules = setting(
        (),
        about="Rules by which orders get another priority than normal; the first that an order meets counts",
        live=True,
    )
    fee_multiple_bps: int = setting(
        0,
        about="Close once fees reach this share of the gas that a settlement costs, in 1/10,000; 0 turns it off",
        live=True,
        ge=0,
    )
    min_orders_for_fees: int = setting(
        2, about="Fewest orders of a batch that is closed for its fees", live=True, ge=1
    )
    tolerance_bps: Bps = setting(
        50, about="How far the pool may move before a section's swap fails, in 1/10,000", live=True
    )
    min_deadline_reserve_s: Seconds = setting(
        60.0, about="Least time between closing and an order's deadline", live=True
    )
    valid_for_s: Seconds = setting(
        1_800.0,
        about="How long a closed batch may be settled; less than the contract's cancel delay in any case",
        live=True,
    )


class LimitSettings(Section):
    """Spend caps and least balances, in whole tokens. Beyond them spending stops; nothing else does."""

    prove_per_hour: TokenAmount = setting(10 * TOKEN, about="PROVE per hour", live=True)
    prove_per_day: TokenAmount = setting(100 * TOKEN, about="PROVE per day", live=True)
    vfy_per_hour: TokenAmount = setting(10 * TOKEN, about="VFY per hour", live=True)
    vfy_per_day: TokenAmount = setting(100 * TOKEN, about="VFY per day", live=True)
    gas_per_hour: TokenAmount = setting(
        TOKEN // 5, about="Native tokens for gas per hour", live=True
    )
    gas_per_day: TokenAmount = setting(TOKEN, about="Native tokens for gas per day", live=True)
    kurier_per_hour: TokenAmount = setting(100 * TOKEN, about="Kurier's jobs per hour", live=True)
    kurier_per_day: TokenAmount = setting(1_000 * TOKEN, about="Kurier's jobs per day", live=True)
    min_prove_balance: TokenAmount = setting(TOKEN, about="Least PROVE balance", live=True)
    min_vfy_balance: TokenAmount = setting(TOKEN, about="Least VFY balance", live=True)
    min_gas_balance: TokenAmount = setting(TOKEN // 20, about="Least native balance", live=True)


class StoreSettings(Section):
    """The database."""

    path: FilePath = setting(about="SQLite file; created if absent, on a local disk")


class ServerSettings(Section):
    """The HTTP server: node API, health, metrics."""

    host: str = setting("127.0.0.1", about="Address to listen on", min_length=1)
    port: Port = setting(9090, about="Port to listen on; 0 takes a free one and prints it")
    node_name: str = setting(
        "zk-operator", about="Name that the node API reports", min_length=1, max_length=64
    )


class LogSettings(Section):
    """Logging."""

    level: Literal["debug", "info", "warning", "error"] = setting(
        "info", about="Least level that is written", live=True
    )
    format: Literal["auto", "json", "console"] = setting(
        "auto", about="auto: console on a terminal, JSON elsewhere"
    )


class TimingSettings(Section):
    """Ticks: everything is found by them, even when every notification is lost."""

    tick_s: Seconds = setting(1.0, about="Longest pause of a service without work", live=True)
    balance_interval_s: Seconds = setting(
        30.0, about="Pause between looks at the balances", live=True
    )
    terms_interval_s: Seconds = setting(
        60.0, about="Pause between looks at the contract's terms", live=True
    )
    refund_interval_s: Seconds = setting(
        15.0, about="Pause between looks for refundable orders", live=True
    )
    lease_ttl_s: Seconds = setting(
        30.0, about="A daemon that is silent this long may be taken over", ge=5
    )
    drain_timeout_s: Seconds = setting(60.0, about="Time to finish work in hand after SIGTERM")


class Settings(Section):
    """The configuration of one operator."""

    evm: EvmSettings = setting(about="The EVM chain")
    zkverify: ZkVerifySettings = setting(about="zkVerify")
    prover: ProverSettings = setting(about="Proving")
    keys: KeySettings = setting(about="Keys")
    store: StoreSettings = setting(about="Database")
    batching: BatchingSettings = setting(BatchingSettings(), about="Batching")
    limits: LimitSettings = setting(LimitSettings(), about="Spend caps")
    server: ServerSettings = setting(ServerSettings(), about="HTTP server")
    log: LogSettings = setting(LogSettings(), about="Logging")
    timing: TimingSettings = setting(TimingSettings(), about="Timing")
