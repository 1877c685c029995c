// Groth16 proofs outside any domain: inline and registered keys, batches, extrinsics built beforehand, refusals.
import { GROTH16 } from './keys.mjs';
import { attempt, outcome } from './watching.mjs';

export async function proofs(session, { groth16 }) {
  const data = { proof: groth16.proof, publicSignals: groth16.publicSignals, vk: groth16.vk };
  const registered = { ...data, vk: groth16.vkHash };
  const wrong = { ...data, publicSignals: groth16.otherSignals };
  const verify = async (input, byHash = false) => {
    const builder = session.verify().groth16(GROTH16);
    return outcome(await (byHash ? builder.withRegisteredVk() : builder).execute(input));
  };
  const batch = async (inputs) => outcome(await session.batchVerify().groth16(GROTH16).execute(inputs));
  return {
    inline: await verify({ proofData: data }),
    registered: await verify({ proofData: registered }, true),
    unknownKey: await verify({ proofData: { ...data, vk: '0x' + '11'.repeat(32) } }, true),
    wrong: await verify({ proofData: wrong }),
    batch: await batch([{ proofData: data }, { proofData: data }]),
    brokenBatch: await batch([{ proofData: data }, { proofData: wrong }]),
    parallel: await parallel(session, data),
    prebuilt: await prebuilt(session, data),
  };
}

async function parallel(session, proofData) {
  const [, bob] = [...session.connection.accounts.keys()];
  const { nonce } = (await session.getAccountInfo(bob))[0];
  const sent = [1, 0, 2].map(async (offset) =>
    outcome(await session.verify(bob).groth16(GROTH16).nonce(nonce + offset).execute({ proofData })));
  return { nonce, outcomes: await Promise.all(sent), after: (await session.getAccountInfo(bob))[0].nonce };
}

async function prebuilt(session, { proof, publicSignals, vk }) {
  const params = await session.format({ proofType: 'groth16', config: GROTH16 }, proof, publicSignals, vk);
  const hex = await session.createExtrinsicHex('groth16', params);
  const extrinsic = await session.createExtrinsicFromHex(hex);
  return {
    sameBytes: (await session.createSubmitProofExtrinsic('groth16', params)).toHex() === hex,
    cost: await session.estimateCost(extrinsic),
    verified: await outcome(await session.verify().groth16(GROTH16).execute({ extrinsic })),
    malformed: await attempt(session.createExtrinsicFromHex('0x1234')),
  };
}
