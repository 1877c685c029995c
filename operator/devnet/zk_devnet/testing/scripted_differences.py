"""What the World's operator finds different in the contract's terms."""

from zk_acts.domain.ids import Hash32
from zk_operator.ports.chain import ContractTerms
from zk_operator.services.terms_watch import Difference


def scripted_differences(terms: ContractTerms, *, vkey: Hash32) -> list[Difference]:
    """Its program and its signer."""
    pairs = [
        ("program_vkey", terms.groth16_program_vkey.hex(), vkey.hex()),
        ("signer_allowed", str(terms.allowed_signer), "True"),
    ]
    return [pair for pair in pairs if pair[1] != pair[2]]
