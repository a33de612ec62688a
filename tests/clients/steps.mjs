// What both programs share: reading what the test says, printing facts, waiting for a call.
import { createInterface } from 'node:readline';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** The next line of the test. */
export const readLine = async () => (await lines.next()).value;

/** Prints facts, one JSON object a line. */
export const say = (facts) => process.stdout.write(`${JSON.stringify(facts)}\n`);

/** Asks `read` (a function that gives the body of GET) until `wanted` holds for it; all status triples seen, in order. */
export async function poll(read, wanted, seconds = 20) {
  const seen = [];
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const body = await read();
    const { callerStatus, calleeStatus, callStatus } = body.status;
    const now = `${callerStatus} ${calleeStatus} ${callStatus}`;
    if (seen.at(-1) !== now) seen.push(now);
    if (wanted(body)) return seen;
    if (Date.now() > until) throw new Error(`waited ${seconds} s, seen: ${seen}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const over = (body) => body.endTime !== undefined;

/** Runs the scenario that the command line names, with the login of the first line. */
export async function main(scenarios) {
  const login = JSON.parse(await readLine());
  try {
    await scenarios[process.argv[2]](login);
  } catch (error) {
    process.stderr.write(`${error.stack}\n`); // not the whole response that the SDKs hang onto it
    process.exitCode = 1;
  }
  process.stdout.write('', () => process.exit());
}
