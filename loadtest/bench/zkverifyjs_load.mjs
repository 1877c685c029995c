// Submissions by zkverifyjs at its best: one session, derived accounts, explicit nonces, all of a round under way at once.
// First line of standard input: {zkverifyjs, endpoint, owner, accounts, proofData}. Then one line a round, {first, each}:
// every account submits under the nonces from `first`; {accepted, seconds, rate} is printed.
import { createInterface } from 'node:readline';

const print = console.log;
console.log = console.debug = console.info = (...parts) => console.error(...parts);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const input = JSON.parse((await lines.next()).value);
const { CurveType, Library, ZkVerifyEvents, zkVerifySession } = await import(input.zkverifyjs);
const session = await zkVerifySession.start()
  .Custom({ websocket: input.endpoint, rpc: input.endpoint.replace('ws', 'http'), network: 'Volta' })
  .withAccount(input.owner);
const base = (await session.getAccountInfo())[0].address;
const accounts = await session.addDerivedAccounts(base, input.accounts);
const groth16 = { library: Library.snarkjs, curve: CurveType.bn254 };

function submit(account, nonce) {
  return new Promise((resolve, reject) => {
    session.verify(account).groth16(groth16).nonce(nonce).withRegisteredVk().execute({ proofData: input.proofData })
      .then(({ events, transactionResult }) => {
        events.on(ZkVerifyEvents.Broadcast, resolve);
        transactionResult.catch(reject);
      }, reject);
  });
}

async function round({ first, each }) {
  const started = performance.now();
  const works = [];
  for (let nonce = first; nonce < first + each; nonce += 1) {
    for (const account of accounts) works.push(submit(account, nonce));
  }
  await Promise.all(works);
  const seconds = (performance.now() - started) / 1000;
  return { accepted: works.length, seconds, rate: works.length / seconds };
}

for await (const line of lines) print(JSON.stringify(await round(JSON.parse(line))));
process.exit(0);
