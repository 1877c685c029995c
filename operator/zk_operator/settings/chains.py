"""Settings of the two chains: the EVM chain with the settlement contract, and zkVerify."""

from enum import StrEnum

from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.publishing import PublishWhen
from zk_operator.settings.base import Section
from zk_operator.settings.field import (
    AddressField,
    Bps,
    FilePath,
    Hash32Field,
    HttpUrl,
    HttpUrls,
    Seconds,
    SpendAt,
    WsUrl,
    WsUrls,
    setting,
)

GWEI = 10**9


class EvmSettings(Section):
    """The chain that orders are placed and settled on."""

    http: HttpUrls = setting(
        about="JSON-RPC endpoints over HTTP, the preferred one first", min_length=1
    )
    ws: WsUrl | None = setting(
        None, about="WebSocket endpoint for new heads; it only wakes the scan earlier"
    )
    chain_id: int = setting(about="The chain id; an endpoint that serves another is refused", gt=0)
    manager: AddressField = setting(about="Address of the OrderServiceManager contract")
    quoter: AddressField = setting(
        about="Address of the RemainderQuoter contract, which simulates swaps"
    )
    start_block: int = setting(
        about="First block to scan: the block in which the contract was deployed", ge=0
    )
    see_at: SpendAt = setting(
        BlockTag.LATEST, about="Depth at which orders are taken in: a block tag or confirmations"
    )
    spend_at: SpendAt = setting(
        BlockTag.SAFE,
        about="Depth at which money is spent on an order: a block tag or confirmations",
    )
    done_at: SpendAt = setting(
        BlockTag.FINALIZED,
        about="Depth at which a settlement counts as done: a block tag or confirmations",
    )
    poll_interval_s: Seconds = setting(2.0, about="Pause between scans of the chain", live=True)
    max_log_range: int = setting(
        2_000, about="Most blocks per eth_getLogs; halved where an endpoint refuses", gt=0
    )
    max_fee_gwei: int = setting(
        200, about="Highest fee per gas that is ever offered", live=True, gt=0
    )
    max_gas: int = setting(12_000_000, about="Highest gas limit of one transaction", gt=21_000)
    fee_bump_percent: int = setting(
        15, about="By how much a replacement raises both fees", ge=10, le=200
    )
    replace_after_s: Seconds = setting(
        45.0, about="A transaction that is not mined by then is replaced", live=True
    )
    max_replacements: int = setting(6, about="Replacements of one transaction", ge=0, le=50)
    reorg_patience_s: Seconds = setting(
        60.0,
        about="How long a batch waits for orders that a reorg removed to be mined again",
        live=True,
    )
    request_timeout_s: Seconds = setting(10.0, about="Deadline of one RPC call")

    @property
    def max_fee_wei(self) -> int:
        """The fee cap per gas in wei."""
        return self.max_fee_gwei * GWEI


class KurierUse(StrEnum):
    """When proofs go through Kurier."""

    NEVER = "never"
    FALLBACK = "fallback"  # while the own account or its endpoints do not work
    PRIMARY = "primary"  # as long as Kurier works


class KurierSettings(Section):
    """Kurier, a REST service that submits proofs to zkVerify: a second way in. What it says is not believed."""

    use: KurierUse = setting(
        KurierUse.NEVER,
        about="When proofs go through it: never, fallback (the own way fails), or primary (the own way is the fallback)",
    )
    url: HttpUrl | None = setting(
        None, about="Its API, down to the version; needed where it is used"
    )
    api_key_file: FilePath | None = setting(
        None, about="File whose first line is the API key; needed where it is used"
    )
    chain_id: int | None = setting(
        None,
        about="The chain by which Kurier finds the domain; the domain has to be zkverify.domain_id",
        gt=0,
    )
    after_s: Seconds = setting(
        60.0,
        about="How long one way in has to fail until the other is taken, and for how long it is taken",
        live=True,
    )
    window_blocks: int = setting(
        300,
        about="zkVerify blocks after which a proof that Kurier did not bring to the chain is submitted otherwise",
        ge=10,
        le=100_000,
    )
    request_timeout_s: Seconds = setting(20.0, about="Deadline of one call")


class ZkVerifySettings(Section):
    """The chain that verifies proofs."""

    ws: WsUrls = setting(
        about="WebSocket JSON-RPC endpoints, the preferred one first", min_length=1
    )
    genesis_hash: Hash32Field = setting(
        about="Genesis hash; an endpoint that serves another chain is refused"
    )
    domain_id: int = setting(
        about="Aggregation domain; the settlement contract has the same", ge=0, lt=2**32
    )
    tip_planck: int = setting(
        0, about="Tip of a submission in planck (1e-18 VFY): lifts it over others", live=True, ge=0
    )
    era_period: int = setting(
        64, about="Blocks for which a submission is valid; a power of two from 4 to 4096"
    )
    connections: int = setting(4, about="Connections kept open, over all endpoints", ge=3, le=32)
    poll_interval_s: Seconds = setting(
        6.0, about="Pause between looks at the chain; a new head only wakes it earlier", live=True
    )
    request_timeout_s: Seconds = setting(20.0, about="Deadline of one RPC call")
    fee_margin_bps: Bps = setting(
        1_000, about="Added to the quoted fee when a spend cap is checked, in 1/10,000", live=True
    )
    dry_run: bool = setting(
        default=False,
        about="Have the node execute each extrinsic on trial before it is paid for; some gateways refuse that",
    )
    publish: PublishWhen = setting(
        PublishWhen.NEVER,
        about="Which aggregations with our proofs we publish: none, complete ones, or also those that stay open too long",
    )
    publish_after_s: Seconds = setting(
        60.0, about="With publish = age: how long an aggregation may stay incomplete"
    )
    kurier: KurierSettings = setting(KurierSettings(), about="Kurier, a second way in")
