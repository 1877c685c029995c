// Drives zkverifyjs against two dev nodes and prints everything that it saw as one JSON object.
// Reads {refusing, accepting, groth16, sp1} from standard input; see test_zkverifyjs.py for what is expected.
import { readFileSync } from 'node:fs';
import { aggregation } from './steps/aggregation.mjs';
import { domains } from './steps/domains.mjs';
import { keys } from './steps/keys.mjs';
import { optimistic } from './steps/optimistic.mjs';
import { proofs } from './steps/proofs.mjs';
import { accounts, closeAll, open, readOnly } from './steps/session.mjs';
import { sp1 } from './steps/sp1.mjs';
import { subscribe } from './steps/watching.mjs';

const print = console.log;
console.log = console.debug = console.info = (...parts) => console.error(...parts);

const input = JSON.parse(readFileSync(0, 'utf8'));
const seen = {};
const session = await open(input.accepting, ['//Alice', '//Bob']);
const watched = subscribe(session);
seen.accounts = await accounts(session);
seen.readOnly = await readOnly(input.accepting);
seen.keys = await keys(session, input);
seen.proofs = await proofs(session, input);
seen.optimistic = await optimistic(session, input);
seen.aggregation = await aggregation(session, input);
seen.domains = await domains(session, input);
seen.sp1 = await sp1(session, input);
seen.watched = watched;
session.unsubscribe();
await closeAll();
print(JSON.stringify(seen, (_key, value) => (typeof value === 'bigint' ? value.toString() : value)));
process.exit(0);
