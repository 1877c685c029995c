// Dry runs, single and batched, of proofs that hold and that do not.
import { GROTH16 } from './keys.mjs';

export async function optimistic(session, { groth16 }) {
  const good = { proofData: { proof: groth16.proof, publicSignals: groth16.publicSignals, vk: groth16.vk } };
  const bad = { proofData: { ...good.proofData, publicSignals: groth16.otherSignals } };
  const single = () => session.optimisticVerify().groth16(GROTH16);
  const head = (await session.api.rpc.chain.getHeader()).number.toNumber();
  return {
    good: await single().execute(good),
    atBlock: await single().atBlock(head).execute(good),
    bad: await single().execute(bad),
    stale: await single().nonce(0).execute(good),
    batch: await session.batchOptimisticVerify().groth16(GROTH16).execute([good, good]),
    brokenBatch: await session.batchOptimisticVerify().groth16(GROTH16).execute([good, bad]),
  };
}
