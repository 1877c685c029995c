// The real shrink proof: refused by the node that does not verify, taken by the one told to, and broken.
import { open } from './session.mjs';
import { outcome } from './watching.mjs';

export async function sp1(session, { refusing, sp1: vector }) {
  const strict = await open(refusing, ['//Alice']);
  const data = { proof: vector.proof, publicSignals: vector.pubs, vk: vector.vk };
  const verify = async (where, proofData) => outcome(await where.verify().sp1().execute({ proofData }));
  return {
    refused: await verify(strict, data),
    accepted: await verify(session, data),
    dryRun: await session.optimisticVerify().sp1().execute({ proofData: data }),
    otherPubs: await verify(session, { ...data, publicSignals: vector.pubs.replace('0xb9', '0xb8') }),
    otherVk: await verify(session, { ...data, vk: vector.vk.replace('0x45', '0x46') }),
    garbage: await verify(session, { ...data, proof: '0x' + 'ff'.repeat(1000) }),
  };
}
