"""Keys, domains and balances as the chain stores them, by its metadata."""

from dataclasses import dataclass

from zk_acts.domain.ids import AccountId, Hash32, hex0x
from zkverify_client.adapters.account import AccountState, read_account
from zkverify_client.adapters.aggregation_domain import domain_info, ticket_key
from zkverify_client.adapters.calls import decode_groth16_vk
from zkverify_client.adapters.chain import BlockHead, Chain, ChainAccess
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.runtime import AGGREGATE, GROTH16, Runtime, RuntimeVersion
from zkverify_client.domain.groth16 import Groth16Vk
from zkverify_client.domain.verifier import VerifierPallet
from zkverify_client.ports.zkverify import DomainInfo, VkHolding

_PAGE = 256
_MAX_PAGES = 64
_HASH_BYTES = 32
_COUNT_BYTES = 8  # a key's entry ends with how many accounts hold it
_BALANCE_BYTES = 16
_MOST_KEY = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStatus:
    """Where the chain is, and which runtime it runs."""

    best: BlockHead
    finalized: BlockHead
    version: RuntimeVersion
    genesis: Hash32


class ZkVerifyRegistry:
    """Reads what is registered on zkVerify. Idempotent; any number of tasks at a time.

    Errors of all: ZkVerifyUnreachable, MalformedChainAnswer, StatePruned, RpcRefused, WrongNetwork, RuntimeUnsupported.
    """

    def __init__(self, *, access: ChainAccess) -> None:
        self._access = access

    async def status(self) -> ChainStatus:
        """Both heads and the runtime's version."""

        async def look(chain: Chain) -> ChainStatus:
            genesis = await chain.hash_at(0)
            if genesis is None:
                raise MalformedChainAnswer("the endpoint has no genesis block")
            return ChainStatus(
                best=await chain.best(),
                finalized=await chain.finalized(),
                version=await chain.version(),
                genesis=genesis,
            )

        return await self._access.read(look)

    async def ss58_prefix(self) -> int:
        """With which the chain's addresses begin."""

        async def look(chain: Chain) -> int:
            return (await chain.runtime()).ss58_prefix

        return await self._access.read(look)

    async def block(self, number: int) -> BlockHead | None:
        """The best chain's block of that number."""
        return await self._access.read(lambda chain: chain.head_at(number))

    async def account(self, account: AccountId) -> AccountState:
        """Nonce and balances in the best block."""
        return await self._access.read(lambda chain: read_account(chain, account))

    async def vk_holding(
        self, vk_hash: Hash32, account: AccountId, pallet: VerifierPallet = VerifierPallet.GROTH16
    ) -> VkHolding:
        """Whether the key is registered in the best block, by how many, and by this account."""

        async def look(chain: Chain) -> VkHolding:
            return await _holding(chain, await chain.runtime(), vk_hash, account, pallet)

        return await self._access.read(look)

    async def groth16_vk(self, vk_hash: Hash32) -> Groth16Vk | None:
        """A registered Groth16 key over BN254 itself; None where there is none of that hash, or over another curve."""

        async def look(chain: Chain) -> Groth16Vk | None:
            runtime = await chain.runtime()
            entry = await chain.storage(runtime.storage_key(GROTH16, "Vks", vk_hash))
            return None if entry is None else decode_groth16_vk(entry[:-_COUNT_BYTES])

        return await self._access.read(look)

    async def vks_of(self, account: AccountId, pallet: VerifierPallet) -> tuple[VkHolding, ...]:
        """The keys that this account registered with a pallet; none where the runtime does not have it."""

        async def look(chain: Chain) -> tuple[VkHolding, ...]:
            runtime = await chain.runtime()
            if pallet not in runtime.verifiers:
                return ()
            keys = await _keys(chain, runtime.storage_key(pallet.value, "Tickets"))
            mine = [
                key[-_HASH_BYTES:]
                for key in keys
                if key[-2 * _HASH_BYTES : -_HASH_BYTES] == account
            ]
            return tuple(
                [
                    await _holding(chain, runtime, Hash32(vk_hash), account, pallet)
                    for vk_hash in mine
                ]
            )

        return await self._access.read(look)

    async def domain(self, domain_id: int) -> DomainInfo | None:
        """A domain in the best block; None where it does not exist."""

        async def look(chain: Chain) -> DomainInfo | None:
            return await _domain(chain, await chain.runtime(), domain_id)

        return await self._access.read(look)

    async def domains(self) -> tuple[DomainInfo, ...]:
        """All domains in the best block, by id."""

        async def look(chain: Chain) -> tuple[DomainInfo, ...]:
            runtime = await chain.runtime()
            keys = await _keys(chain, runtime.storage_key(AGGREGATE, "Domains"))
            ids = sorted(int.from_bytes(key[-4:], "little") for key in keys)
            found = [await _domain(chain, runtime, domain_id) for domain_id in ids]
            return tuple(domain for domain in found if domain is not None)

        return await self._access.read(look)

    async def allowed_submitters(self, domain_id: int) -> tuple[AccountId, ...]:
        """The accounts on a domain's allow-list; RuntimeUnsupported before runtime 1.3."""

        async def look(chain: Chain) -> tuple[AccountId, ...]:
            runtime = await chain.runtime()
            runtime.storage_key(AGGREGATE, "SubmittersAllowlist", b"", b"")  # it has to exist
            keys = await _keys(chain, runtime.storage_key(AGGREGATE, "SubmittersAllowlist"))
            # prefix of 32 bytes, then 16 bytes of hash and 4 of domain id, then 16 of hash and the account
            wanted = domain_id.to_bytes(4, "little")
            return tuple(AccountId(key[-_HASH_BYTES:]) for key in keys if key[48:52] == wanted)

        return await self._access.read(look)


async def _holding(
    chain: Chain, runtime: Runtime, vk_hash: Hash32, account: AccountId, pallet: VerifierPallet
) -> VkHolding:
    entry = await chain.storage(runtime.storage_key(pallet.value, "Vks", vk_hash))
    ticket = await chain.storage(ticket_key(runtime, pallet.value, account, vk_hash))
    holders = 0 if entry is None else int.from_bytes(entry[-_COUNT_BYTES:], "little")
    deposit = None if ticket is None else _amount(ticket)
    return VkHolding(vk_hash=vk_hash, pallet=pallet, holders=holders, deposit=deposit)


async def _domain(chain: Chain, runtime: Runtime, domain_id: int) -> DomainInfo | None:
    key = runtime.storage_key(AGGREGATE, "Domains", domain_id.to_bytes(4, "little"))
    raw = await chain.storage(key)
    return None if raw is None else domain_info(runtime, raw)


async def _keys(chain: Chain, prefix: str) -> list[bytes]:
    """All keys under a prefix."""
    found: list[bytes] = []
    start: str | None = None
    for _ in range(_MAX_PAGES):
        page = await chain.call("state_getKeysPaged", [prefix, _PAGE, start])
        if not isinstance(page, list):
            raise MalformedChainAnswer("a page of keys is no list")
        found += [_key(item) for item in page]
        if len(page) < _PAGE:
            break
        start = hex0x(found[-1])
    return found


def _key(item: object) -> bytes:
    try:
        key = bytes.fromhex(str(item).removeprefix("0x"))
    except ValueError as error:
        raise MalformedChainAnswer("a storage key is no hex string") from error
    if len(key) > _MOST_KEY:
        raise MalformedChainAnswer("a storage key is too long", size=len(key))
    return key


def _amount(raw: bytes) -> int:
    """A balance as it is stored. Error: MalformedChainAnswer."""
    if len(raw) > _BALANCE_BYTES:
        raise MalformedChainAnswer("a stored amount is none", size=len(raw))
    return int.from_bytes(raw, "little")
