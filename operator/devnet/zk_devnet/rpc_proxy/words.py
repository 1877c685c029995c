"""What real nodes and providers say, by a short name each. Recorded from their documentation and from public reports."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from zk_devnet.rpc_proxy.message import Refusal


class RangeWords(StrEnum):
    """Who refuses a range of logs as too long."""

    ALCHEMY = "alchemy"
    INFURA = "infura"
    INFURA_RESULTS = "infura-results"
    QUICKNODE = "quicknode"
    ANKR = "ankr"
    CLOUDFLARE = "cloudflare"
    RETH = "reth"
    BSC = "bsc"


RANGE: Final[Mapping[RangeWords, Refusal]] = {
    RangeWords.ALCHEMY: Refusal(
        code=-32600,
        message="Under the Free tier plan, you can make eth_getLogs requests with up to a {blocks} block range."
        " Based on your parameters, this block range should work: [{first}, {last}]."
        " Upgrade to PAYG for expanded block range.",
        status=400,
    ),
    RangeWords.INFURA: Refusal(code=-32602, message="range {asked} exceeds limit of {blocks}"),
    RangeWords.INFURA_RESULTS: Refusal(
        code=-32005,
        message="query returned more than 10000 results. Try with this block range [{first}, {last}].",
    ),
    RangeWords.QUICKNODE: Refusal(
        code=-32614, message="eth_getLogs is limited to a {blocks} range", status=413
    ),
    RangeWords.ANKR: Refusal(code=-32062, message="Block range is too large"),
    RangeWords.CLOUDFLARE: Refusal(
        code=-32047,
        message="Invalid eth_getLogs request. 'fromBlock'-'toBlock' range too large. Max range: {blocks}",
        status=400,
    ),
    RangeWords.RETH: Refusal(code=-32602, message="query exceeds max block range {blocks}"),
    RangeWords.BSC: Refusal(code=-32000, message="exceed maximum block range: {blocks}"),
}


class RateWords(StrEnum):
    """Who has had enough of a client."""

    ALCHEMY = "alchemy"
    PLAIN = "plain"
    INFURA = "infura"
    INFURA_DAY = "infura-day"
    LIMIT = "limit-exceeded"
    INACTIVE = "inactive"
    FREE_TIER = "free-tier"
    INTERNAL = "internal"
    HEADER = "header-not-found"


RATE: Final[Mapping[RateWords, Refusal]] = {
    RateWords.ALCHEMY: Refusal(
        code=429,
        message="Your app has exceeded its compute units per second capacity. If you have retries enabled,"
        " you can safely ignore this message.",
        status=429,
    ),
    RateWords.PLAIN: Refusal(code=0, message="Too Many Requests", status=429),
    RateWords.INFURA: Refusal(code=-32005, message="project ID request rate exceeded"),
    RateWords.INFURA_DAY: Refusal(
        code=-32005, message="daily request count exceeded, request rate limited"
    ),
    RateWords.LIMIT: Refusal(code=-32005, message="limit exceeded"),
    RateWords.INACTIVE: Refusal(code=-32000, message="App is inactive"),
    RateWords.FREE_TIER: Refusal(code=-32001, message="You've reached the free tier limits"),
    RateWords.INTERNAL: Refusal(code=-32603, message="Internal error"),
    RateWords.HEADER: Refusal(code=-32000, message="header not found"),
}


class DepthWords(StrEnum):
    """What a node says of a safe or finalized block when it knows none."""

    GETH = "geth"
    BESU = "besu"
    RETH = "reth"
    UNKNOWN = "unknown-block"
    NO_TAG = "no-such-tag"
    NULL = "null"


DEPTH: Final[Mapping[DepthWords, Refusal]] = {
    DepthWords.GETH: Refusal(code=-32000, message="{tag} block not found"),
    DepthWords.BESU: Refusal(code=-39001, message="Unknown block"),
    DepthWords.RETH: Refusal(code=-32001, message="block not found: {tag}"),
    DepthWords.UNKNOWN: Refusal(code=-32000, message="Unknown block"),
    DepthWords.NO_TAG: Refusal(
        code=-32602, message="invalid argument 0: hex string without 0x prefix"
    ),
}


class PrunedWords(StrEnum):
    """How a node says that it has no state of an old block any more."""

    TRIE_NODE = "missing-trie-node"
    HEADER = "header-not-found"
    RETH = "reth"
    NETHERMIND = "nethermind"


PRUNED: Final[Mapping[PrunedWords, Refusal]] = {
    PrunedWords.TRIE_NODE: Refusal(
        code=-32000,
        message="missing trie node d0b9ea6bd1ee0d9d2ac2ef6a8a2ae0b5fd0c6f2b5ad1b2d1c1bd1c5a33a4a1f0 (path )"
        " state 0xd0b9ea6bd1ee0d9d2ac2ef6a8a2ae0b5fd0c6f2b5ad1b2d1c1bd1c5a33a4a1f0 is not available, not found",
    ),
    PrunedWords.HEADER: Refusal(code=-32000, message="header not found"),
    PrunedWords.RETH: Refusal(code=-32000, message="state at block #{at} is pruned"),
    PrunedWords.NETHERMIND: Refusal(code=-32002, message="No state available for block {at}"),
}


class UnderpricedWords(StrEnum):
    """How a node refuses a transaction that does not beat the one it holds."""

    GETH = "geth"
    NETHERMIND = "nethermind"


UNDERPRICED: Final[Mapping[UnderpricedWords, Refusal]] = {
    UnderpricedWords.GETH: Refusal(code=-32000, message="replacement transaction underpriced"),
    UnderpricedWords.NETHERMIND: Refusal(code=-32010, message="ReplacementNotAllowed"),
}
