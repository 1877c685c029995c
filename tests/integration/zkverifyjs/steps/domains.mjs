// Domains: allow-lists, hold, removal, and the calls that their state forbids.
import { AggregateSecurityRules, Destination, ProofSecurityRules } from 'zkverifyjs';
import { OPEN_DOMAIN } from './aggregation.mjs';
import { GROTH16 } from './keys.mjs';
import { attempt, outcome } from './watching.mjs';

const CLOSED = {
  destination: Destination.None,
  aggregateRules: AggregateSecurityRules.OnlyOwner,
  proofSecurityRules: ProofSecurityRules.OnlyAllowlisted,
};

export async function domains(session, { groth16 }) {
  const [alice, bob] = [...session.connection.accounts.keys()];
  const proofData = { proof: groth16.proof, publicSignals: groth16.publicSignals, vk: groth16.vk };
  const closed = await outcome(session.registerDomain(1, 2, CLOSED));
  const domainId = closed.result.domainId;
  const prove = async (account) =>
    outcome(await session.verify(account).groth16(GROTH16).execute({ proofData, domainId }));
  return {
    closed,
    stranger: await prove(bob),
    allowed: await outcome(session.addDomainSubmitters(domainId, [bob, alice])),
    listed: await prove(bob),
    foreignAggregate: await outcome(session.aggregate(domainId, 1, bob)),
    ownAggregate: await outcome(session.aggregate(domainId, 1)),
    foreignHold: await outcome(session.holdDomain(domainId, bob)),
    held: await outcome(session.holdDomain(domainId)),
    tooEarly: await outcome(session.unregisterDomain(domainId)),
    unlisted: await outcome(session.removeDomainSubmitters(domainId, [bob, alice])),
    unregistered: await outcome(session.unregisterDomain(domainId)),
    tooLarge: await attempt((async () => session.registerDomain(129, 1, OPEN_DOMAIN))()),
    empty: await emptyDomain(session),
  };
}

async function emptyDomain(session) {
  const { result } = await outcome(session.registerDomain(4, undefined, OPEN_DOMAIN));
  return {
    held: await outcome(session.holdDomain(result.domainId)),
    unregistered: await outcome(session.unregisterDomain(result.domainId)),
  };
}
