"""Turns work into signed bytes: uploads the input, fixes the price, signs. Sends nothing that costs."""

import hashlib
from dataclasses import replace

from zk_acts.domain.ids import hex0x
from zk_acts.ports.act import Prepared
from zk_acts.ports.clock import Clock
from zk_operator.adapters.sp1.bincode import encode_program
from zk_operator.adapters.sp1.errors import ProgramKeyMissing, WrongProgram
from zk_operator.adapters.sp1.network.account import NetworkAccount
from zk_operator.adapters.sp1.network.client import NetworkClient
from zk_operator.adapters.sp1.network.config import Limits, NetworkConfig, NetworkTree
from zk_operator.adapters.sp1.network.pricing import Market, offer
from zk_operator.adapters.sp1.network.together import together
from zk_operator.adapters.sp1.network.tree import RequestTerms, Roles
from zk_operator.adapters.sp1.program_key import hash_bytes
from zk_operator.ports.prover import ProveRequest, ProverWork, RegisterProgram
from zk_operator.proto import artifact_pb2 as artifact


class Preparation:
    """Makes Prepared acts for one program on one network."""

    def __init__(
        self,
        *,
        config: NetworkConfig,
        client: NetworkClient,
        account: NetworkAccount,
        clock: Clock,
    ) -> None:
        self._config = config
        self._client = client
        self._account = account
        self._clock = clock
        self._vk_hash = hash_bytes(config.program_vkey)

    async def prepare(self, work: ProverWork, nonce: int) -> Prepared:
        """Errors: WrongProgram, PriceOutOfReach, ProgramKeyMissing, ProverUnreachable, refusals."""
        if work.program_vkey != self._config.program_vkey:
            raise WrongProgram(
                configured=hex0x(self._config.program_vkey), asked=hex0x(work.program_vkey)
            )
        if isinstance(work, RegisterProgram):
            return await self._registration(nonce)
        return await self._request(work, nonce)

    async def _registration(self, nonce: int) -> Prepared:
        if not self._config.program_vk:
            raise ProgramKeyMissing
        uri = await self._account.upload(
            artifact.ARTIFACT_TYPE_PROGRAM, encode_program(self._config.program_elf)
        )
        payload, body = self._account.program_call(
            nonce=nonce, vk_hash=self._vk_hash, vk=self._config.program_vk, program_uri=uri
        )
        return Prepared(
            nonce=nonce, payload=payload, reference=self._account.reference(body), quoted=0
        )

    async def _request(self, work: ProveRequest, nonce: int) -> Prepared:
        # Before anything is uploaded that could not be asked for.
        limits = self._config.limits(work)
        # None needs another's answer: three waits become one, and an upload in vain costs nothing (ADR 0151).
        async with together() as questions:
            roles = questions.ask(self._roles, work.attempt)
            whitelist = questions.ask(self._whitelist, work.attempt)
            uri = questions.ask(self._account.upload, self._input_kind(), work.stdin)
        terms = self._terms(work, nonce, limits, uri.value, whitelist.value, roles.value)
        tree = self._client.tree
        body = tree.body(terms)
        return Prepared(
            nonce=nonce,
            payload=tree.envelope(body, self._account.sign(body)),
            reference=self._account.reference(body),
            quoted=_most_it_can_cost(terms),
            expires=terms.deadline_s,
        )

    def _terms(
        self,
        work: ProveRequest,
        nonce: int,
        limits: Limits,
        stdin_uri: str,
        whitelist: tuple[bytes, ...],
        roles: Roles | None,
    ) -> RequestTerms:
        # The earlier of the two: a request that hangs must leave time for another one (ADR 0082).
        latest = self._clock.now_ms() // 1000 + int(self._config.proof_timeout_s)
        return RequestTerms(
            nonce=nonce,
            vk_hash=self._vk_hash,
            version=self._config.version,
            stdin_uri=stdin_uri,
            deadline_s=min(work.deadline_s, latest),
            cycle_limit=limits.cycles,
            gas_limit=limits.gas,
            min_auction_period_s=self._config.min_auction_period_s if roles else 0,
            whitelist=whitelist,
            # A run with another result is refused before it is proved, and paid for (ADR 0082).
            public_values_hash=hashlib.sha256(work.public_values).digest(),
            roles=roles,
            stdin_private=self._config.private_input,
        )

    async def _roles(self, attempt: int) -> Roles | None:
        """The auction's parameters with our offer in them; none where there is no auction."""
        if self._config.tree is not NetworkTree.AUCTION:
            return None
        params = await self._client.params()
        market = Market(
            price_per_pgu=params.roles.max_price_per_pgu,
            base_fee=params.roles.base_fee,
            tick=params.tick,
        )
        return replace(params.roles, max_price_per_pgu=offer(self._config.prices, market, attempt))

    def _input_kind(self) -> artifact.ArtifactType:
        private = self._config.private_input
        return artifact.ARTIFACT_TYPE_PRIVATE_STDIN if private else artifact.ARTIFACT_TYPE_STDIN

    async def _whitelist(self, attempt: int) -> tuple[bytes, ...]:
        """Whom the network lists, where nobody is configured; after a failure those that hardly ever fail."""
        if self._config.tree is not NetworkTree.AUCTION:
            return ()
        if self._config.whitelist is not None:
            return self._config.whitelist
        if attempt > 1:
            reliable = await self._client.provers_up(high_availability=True)
            if reliable:
                return reliable
        return await self._client.provers_up()


def _most_it_can_cost(terms: RequestTerms) -> int:
    """In 1e-18 PROVE: base fee, and the whole gas limit at the price offered. Capacity is paid elsewhere."""
    if terms.roles is None:
        return 0
    # Against balance and caps counts the whole offer: what is charged is told afterwards (ADR 0082).
    return terms.roles.base_fee + terms.roles.max_price_per_pgu * terms.gas_limit
