"""Built here, signed elsewhere, sent and followed here: with a row, to its end."""

from pathlib import Path

import pytest

from zk_acts.domain.acts import Purpose
from zk_acts.domain.details import DomainRegistered
from zk_devnet.zkverify.config import ZkVerifyNodeConfig
from zk_devnet.zkverify.serve import ZkVerifyDevNode
from zkverify_client.adapters.errors import MalformedChainAnswer
from zkverify_client.adapters.offline import KeyElsewhere, UnsignedExtrinsic, send_request
from zkverify_client.ports.zkverify import RegisterDomain
from zkverify_client.session import Target, open_session
from zkverify_client.signing.signer import ZkVerifySigner

from .conftest import RUNTIME

pytestmark = pytest.mark.devnet
ALICE = ZkVerifySigner.from_development_uri("//Alice")


def the_machine_with_the_key(document: str) -> bytes:
    """Signs what it puts together itself; knows no chain."""
    return ALICE.sign(UnsignedExtrinsic.from_json(document).payload)


async def test_offline__built_signed_elsewhere_and_sent__is_carried_to_its_end_once(
    tmp_path: Path,
) -> None:
    config = ZkVerifyNodeConfig(block_time_s=0.1, **RUNTIME)
    async with ZkVerifyDevNode(config).running() as dev:
        target = Target(endpoints=(dev.endpoint,), poll_s=0.2)
        async with open_session(target) as session:
            request = RegisterDomain(size=1, queue=1)
            unsigned = await session.client.offline.build(request, ALICE.public_key, nonce=0)
            signature = the_machine_with_the_key(unsigned.to_json())
            sending = send_request(unsigned, unsigned.with_signature(signature))
            watcher = KeyElsewhere(ALICE.public_key)
            async with session.payer([watcher], tmp_path / "acts.sqlite", timeout_s=30) as payer:
                for _ in range(2):  # the second time it is done already
                    done = await payer.runner.run(
                        purpose=Purpose.VERIFY, subject=payer.subject_of(sending), request=sending
                    )
                    assert done.detail == DomainRegistered(domain_id=0)
        assert len(await _domains(dev.endpoint)) == 1


async def _domains(endpoint: str) -> list[object]:
    async with open_session(Target(endpoints=(endpoint,))) as session:
        return list(await session.client.registry.domains())


async def test_offline__signature_of_another_or_another_document__is_refused(
    tmp_path: Path,
) -> None:
    config = ZkVerifyNodeConfig(block_time_s=0.1, **RUNTIME)
    async with (
        ZkVerifyDevNode(config).running() as dev,
        open_session(Target(endpoints=(dev.endpoint,))) as session,
    ):
        unsigned = await session.client.offline.build(
            RegisterDomain(size=1), ALICE.public_key, nonce=0
        )
        bob = ZkVerifySigner.from_development_uri("//Bob")
        with pytest.raises(ValueError, match="another account"):
            unsigned.sign(bob)
        with pytest.raises(ValueError, match="not of this extrinsic"):
            unsigned.with_signature(bob.sign(unsigned.payload))
        assert UnsignedExtrinsic.from_json(unsigned.to_json()) == unsigned
        for text in ("", "{}", "[]", unsigned.to_json().replace("0x", "1x")):
            with pytest.raises(MalformedChainAnswer):
                UnsignedExtrinsic.from_json(text)
