"""What an act would cost, before anything is signed."""

from dataclasses import dataclass

from zk_operator.adapters.zkverify.chain import Chain, ChainAccess
from zk_operator.adapters.zkverify.draft import Draft, Drafter
from zk_operator.adapters.zkverify.extrinsic import Terms, assemble
from zk_operator.adapters.zkverify.fees import quoted_fee
from zk_operator.domain.ids import AccountId, Hash32
from zk_operator.ports.zkverify import ZkVerifyRequest

_PERIOD = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """In planck. `fee` is the chain's own word without a tip; `hold` is the most that is held besides, and is given
    back (deposits), or goes to whoever publishes (proofs)."""

    fee: int
    hold: int

    @property
    def total(self) -> int:
        """What the account has to have."""
        return self.fee + self.hold


class Estimator:
    """Fees by payment_queryInfo of an extrinsic with an empty signature; holds by the pallets' formulas."""

    def __init__(self, *, access: ChainAccess, drafter: Drafter, genesis_hash: Hash32) -> None:
        self._access = access
        self._drafter = drafter
        self._genesis_hash = genesis_hash

    async def estimate(
        self, request: ZkVerifyRequest, account: AccountId | None = None
    ) -> Estimate:
        """Errors: those of reading the chain, and of composing the call."""

        async def look(chain: Chain) -> Estimate:
            draft = await self._drafter.draft(chain, await chain.runtime(), request)
            return Estimate(fee=await self._fee(chain, draft, account), hold=draft.hold)

        return await self._access.read(look)

    async def _fee(self, chain: Chain, draft: Draft, account: AccountId | None) -> int:
        birth = await chain.finalized()
        terms = Terms(
            genesis_hash=self._genesis_hash,
            nonce=0,
            tip=0,
            birth_block=birth.number,
            birth_hash=birth.hash,
            period=_PERIOD,
        )
        unsigned = assemble(
            await chain.runtime(),
            draft.call,
            terms,
            account=account or AccountId(bytes(32)),
            signature=bytes(64),
        )
        return await quoted_fee(chain, unsigned.raw)
