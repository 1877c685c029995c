// A domain's life up to the receipt: three proofs, publication, the receipt and each statement's path.
import { AggregateSecurityRules, Destination, ProofSecurityRules } from 'zkverifyjs';
import { GROTH16 } from './keys.mjs';
import { attempt, outcome } from './watching.mjs';

export const OPEN_DOMAIN = {
  destination: Destination.None,
  aggregateRules: AggregateSecurityRules.Untrusted,
  proofSecurityRules: ProofSecurityRules.Untrusted,
};

export async function aggregation(session, { groth16 }) {
  const proofData = { proof: groth16.proof, publicSignals: groth16.publicSignals, vk: groth16.vk };
  const domain = await outcome(session.registerDomain(2, 1, OPEN_DOMAIN));
  const domainId = domain.result.domainId;
  const prove = async () => outcome(await session.verify().groth16(GROTH16).execute({ proofData, domainId }));
  const first = await prove();
  const second = await prove();
  const third = await prove();
  const full = await prove(); // the queue holds one complete aggregation, so its last place stays empty
  const early = await outcome(session.aggregate(domainId, 9));
  const receipt = session.waitForAggregationReceipt(domainId, 1, 30_000);
  const published = await outcome(session.aggregate(domainId, 1));
  const { blockHash, receipt: root } = await receipt;
  const statement = first.result.statement;
  const path = (id, leaf) => attempt(session.getAggregateStatementPath(blockHash, domainId, id, leaf));
  return {
    domain, first, second, third, full, early, published, receipt: { blockHash, root },
    path: await path(1, statement),
    pathOfOther: await path(1, '0x' + '22'.repeat(32)),
    pathOfUnpublished: await path(2, statement),
  };
}
