// The calls that zkverifyjs makes of other tools' proofs. Reads {endpoint, domain, documents: [{proofType, config, proof, publicSignals, vk}]}
// from standard input; prints the calls in hex, as a list.
import { readFileSync } from 'node:fs';
import { closeAll, open } from './steps/session.mjs';

const print = console.log;
console.log = console.debug = console.info = (...parts) => console.error(...parts);

const { endpoint, domain, documents } = JSON.parse(readFileSync(0, 'utf8'));
const session = await open(endpoint);
const calls = [];
for (const { proofType, config, proof, publicSignals, vk } of documents) {
  const formatted = await session.format({ proofType, config }, proof, publicSignals, vk);
  const extrinsic = await session.createSubmitProofExtrinsic(proofType, formatted, domain);
  calls.push(extrinsic.method.toHex());
}
await closeAll();
print(JSON.stringify(calls));
process.exit(0);
