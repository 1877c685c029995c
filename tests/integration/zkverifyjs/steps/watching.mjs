// What a session's subscription and the emitter of one transaction report.
import { ZkVerifyEvents } from 'zkverifyjs';

export const EVERY_EVENT = Object.values(ZkVerifyEvents);

export function subscribe(session) {
  const seen = {};
  const emitter = session.subscribe();
  for (const event of EVERY_EVENT) emitter.on(event, (data) => (seen[event] ??= []).push(data));
  return seen;
}

/** The result and, in order, the events of a transaction; `error` instead of `result` when it is refused. */
export async function outcome({ events, transactionResult }) {
  const names = [];
  const data = {};
  for (const event of EVERY_EVENT) {
    events.on(event, (value) => {
      names.push(event);
      data[event] = value instanceof Error ? value.message : structuredClone(value);
    });
  }
  try {
    return { result: await transactionResult, events: names, data };
  } catch (error) {
    return { error: error.message, events: names, data };
  }
}

/** What a promise gives, or the message that it is refused with. */
export async function attempt(promise) {
  try {
    return { result: await promise };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
