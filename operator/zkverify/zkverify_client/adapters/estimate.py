"""What an act would cost, before anything is signed."""

from dataclasses import dataclass

from zk_acts.domain.ids import AccountId
from zkverify_client.adapters.chain import Chain, ChainAccess
from zkverify_client.adapters.draft import Drafter
from zkverify_client.adapters.fees import priced, quoted_fee
from zkverify_client.ports.zkverify import BuiltRequest


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
    """Fees by the chain's word on an extrinsic with an empty signature; holds by the pallets' formulas."""

    def __init__(self, *, access: ChainAccess, drafter: Drafter) -> None:
        self._access = access
        self._drafter = drafter

    async def estimate(self, request: BuiltRequest, account: AccountId | None = None) -> Estimate:
        """Errors: those of reading the chain, and of composing the call."""

        async def look(chain: Chain) -> Estimate:
            runtime = await chain.runtime()
            draft = await self._drafter.draft(chain, runtime, request, account)
            fee = await quoted_fee(chain, priced(runtime, draft.call, account).raw)
            return Estimate(fee=fee, hold=draft.hold)

        return await self._access.read(look)
