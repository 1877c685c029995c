// Sessions of each kind, and the accounts of one.
import { zkVerifySession } from 'zkverifyjs';

const opened = [];

export async function open(endpoint, seeds) {
  const network = zkVerifySession.start().Custom({ websocket: endpoint, rpc: endpoint.replace('ws', 'http'), network: 'Volta' });
  const session = seeds === undefined
    ? await network.readOnly()
    : seeds.length === 1 ? await network.withAccount(seeds[0]) : await network.withAccounts(seeds);
  opened.push(session);
  return session;
}

export async function closeAll() {
  for (const session of opened) await session.close();
}

export async function readOnly(endpoint) {
  const session = await open(endpoint);
  return { readOnly: session.readOnly, chain: String(await session.api.rpc.system.chain()) };
}

export async function accounts(session) {
  const [alice] = await session.getAccountInfo();
  const added = await session.addAccounts(['//Charlie']);
  const derived = await session.addDerivedAccounts(alice.address, 2);
  const infos = await session.getAccountInfo();
  await session.removeAccount(added[0]);
  return {
    derived,
    first: session.getAccount().address,
    infos,
    left: (await session.getAccountInfo()).length,
    runtime: session.connection.runtimeSpec,
  };
}
