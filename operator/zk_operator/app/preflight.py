"""Checks before anything is paid: the right chain, code where it should be, a contract that agrees with us."""

import structlog
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_fixed

from zk_acts.domain.errors import Disposition, OperatorError
from zk_acts.domain.ids import Hash32, hex0x
from zk_operator.adapters.evm.blame import is_missing_block
from zk_operator.adapters.evm.endpoint import EndpointPool
from zk_operator.domain.chain_event import BlockTag
from zk_operator.domain.failures import ContractMismatch, DepthUnknown
from zk_operator.ports.chain import BlockSource, ContractTerms, ContractView, SettlementReader
from zk_operator.services.depth import Depth, unknown_depths
from zk_operator.settings import CircuitFacts, Settings

log = structlog.get_logger("preflight")
LAGGARDS_S = 30.0


async def check_endpoints(pool: EndpointPool, *, at_start: bool) -> None:
    """Ask every EVM endpoint for its chain, so that a wrong one is found before it is needed.

    Errors: WrongChain where all are of another chain; at the start also EvmUnreachable, MalformedAnswer. After a reload
    the services wait for endpoints that are down, as they do at any other time.
    """
    try:
        await pool.check()
    except OperatorError as error:
        if at_start or error.disposition is Disposition.FATAL:
            raise
        log.warning("endpoints.unchecked", code=error.code, error=str(error))


async def check_contract(
    contract: ContractView, settings: Settings, facts: CircuitFacts
) -> ContractTerms:
    """The contract's terms, if they are ours. `facts`: of the configured circuit.

    Errors: EvmUnreachable, WrongChain, NoContractCode, ContractMismatch naming each difference.
    """
    terms = await contract.terms()
    # Before the first proof is bought: under other terms every settlement would fail (ADR 0185).
    problems = differences(terms, settings, facts)
    if problems:
        raise ContractMismatch(**{name: f"{theirs} here {ours}" for name, theirs, ours in problems})
    if terms.paused:
        log.warning("contract.paused", code=ContractMismatch.code)
    return terms


async def check_contract_at_start(
    reader: SettlementReader,
    source: BlockSource,
    settings: Settings,
    facts: CircuitFacts,
    *,
    pause_s: float = 1.0,
) -> ContractTerms:
    """As `check_contract`, at the head. Nodes that are some blocks behind are waited for: soon all know that block."""
    contract = reader.at(await source.head(BlockTag.LATEST))
    patiently = AsyncRetrying(
        retry=retry_if_exception(_is_behind),
        stop=stop_after_delay(LAGGARDS_S),
        wait=wait_fixed(pause_s),
        reraise=True,
    )
    return await patiently(check_contract, contract, settings, facts)


def _is_behind(error: BaseException) -> bool:
    return isinstance(error, OperatorError) and is_missing_block(error)


async def check_depths(source: BlockSource, settings: Settings) -> None:
    """Error: DepthUnknown naming the settings whose depth this chain's endpoints cannot name a block for."""
    unknown = await unknown_depths(source, depths(settings))
    if unknown:
        raise DepthUnknown(
            settings=", ".join(unknown), configure="a number of confirmations, such as 12"
        )


def depths(settings: Settings) -> dict[str, Depth]:
    """The three depths, by the names of their settings."""
    evm = settings.evm
    return {"evm.see_at": evm.see_at, "evm.spend_at": evm.spend_at, "evm.done_at": evm.done_at}


def differences(
    terms: ContractTerms, settings: Settings, facts: CircuitFacts
) -> list[tuple[str, str, str]]:
    """Name, the contract's value, ours; for whatever would make every settlement fail."""
    pairs: list[tuple[str, Hash32 | int | bool, Hash32 | int | bool]] = [
        ("zk_domain_id", terms.zk_domain_id, settings.zkverify.domain_id),
        ("program_vkey", terms.groth16_program_vkey, settings.prover.program_vkey),
        ("vk_hash", terms.groth16_vk_hash, facts.zkverify_vk_hash),
        ("recursion_root", terms.groth16_recursion_root, facts.recursion_root),
        ("signer_allowed", terms.allowed_signer, True),
    ]
    return [(name, _text(theirs), _text(ours)) for name, theirs, ours in pairs if theirs != ours]


def _text(value: Hash32 | int | bool) -> str:
    return hex0x(value) if isinstance(value, bytes) else str(value)
