// Verification keys: registration by one account and another, twice by the same, and the hash by RPC.
import { CurveType, Library } from 'zkverifyjs';
import { outcome } from './watching.mjs';

export const GROTH16 = { library: Library.snarkjs, curve: CurveType.bn254 };

export async function keys(session, { groth16, sp1 }) {
  const bob = [...session.connection.accounts.keys()][1];
  const register = async (account) =>
    outcome(await session.registerVerificationKey(account).groth16(GROTH16).execute(groth16.vk));
  return {
    groth16: await register(),
    groth16Again: await register(),
    groth16ByBob: await register(bob),
    sp1: await outcome(await session.registerVerificationKey().sp1().execute(sp1.vk)),
    hashGroth16: await session.getVkHash({ proofType: 'groth16', config: GROTH16 }, groth16.vk),
    hashSp1: await session.getVkHash({ proofType: 'sp1' }, sp1.vk),
  };
}
