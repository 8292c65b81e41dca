/**
 * The worker thread of a session: owns its sockets and every byte of them, so that the agent's main thread only controls. Its
 * first message is the session's settings, perhaps long after it was started (spare-workers.ts). It serves one session after
 * the other, for what V8 has compiled serves the next one too, as long as each leaves nothing behind.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../base/invariant.ts";
import { collectGarbage, trimMemory } from "../base/trim-memory.ts";
import { Endpoint } from "./endpoint.ts";
import { errorToPortable } from "./portable-error.ts";
import { rehearse } from "./rehearsal.ts";
import { forgetSpareSlabs } from "./slabs.ts";
import { spare, unneeded } from "./spare-workers.ts";
import { isAnythingLeft } from "./thread-leftovers.ts";
import type { Call, Report, WorkerSettings } from "./worker-messages.ts";

/** What a session might leave in a thread unseen ends with it. */
const sessionsMax = 64;
/** Until sockets that are being closed are gone; a thread that has something left then is not used again. */
const turnsMax = 250;
const turnMs = 2;
/** The other threads of a session that just ended, and the guest it brought, go first. */
const restMs = 1_000;

invariant(parentPort !== null, "a session's worker is started as a thread");
const port = parentPort;
const report = (message: Report) => port.postMessage(message);

let endpoint: Endpoint | undefined;
let sessions = 0;
/** What is done between two sessions, for as long as none is here. */
let resting: NodeJS.Timeout | undefined;

port.on("message", (message: Call | WorkerSettings | typeof unneeded) => {
  if (message === unneeded) process.exit(0);
  if ("call" in message) void answer(message);
  else void open(message);
});

// What goes wrong here will go wrong again where somebody hears of it.
if (workerData === spare) void prepare().catch(() => {});

async function prepare(): Promise<void> {
  await rehearse(() => sessions > 0);
  if (sessions === 0) await giveBackMemory();
}

async function open(settings: WorkerSettings): Promise<void> {
  clearTimeout(resting);
  sessions += 1;
  const opened = new Endpoint(settings, (message) => {
    // A later session's owner is told nothing of this one.
    if (endpoint === opened) report(message);
  });
  endpoint = opened;
  try {
    report({ type: "opened", port: await opened.open() });
  } catch (error) {
    report({ type: "refusal", call: "open", error: errorToPortable(error) });
  }
}

async function answer({ call, command }: Call): Promise<void> {
  try {
    // What was said before it was known that the session is gone needs no answer.
    const stats = await endpoint?.obey(command);
    report({ type: "answer", call, ...(stats === undefined ? {} : { stats }) });
  } catch (error) {
    report({ type: "refusal", call, error: errorToPortable(error) });
  }
  if (command.type === "close") await leave();
}

/** Whoever closed the session waits for this: nothing of it is open any more, or the thread is gone with it. */
async function leave(): Promise<void> {
  for (let turn = 0; turn < turnsMax && isAnythingLeft(); turn++) await sleep(turnMs);
  if (isAnythingLeft() || sessions >= sessionsMax) process.exit(0);
  endpoint = undefined;
  report({ type: "free" });
  resting = setTimeout(() => void giveBackMemory().catch(() => {}), restMs).unref();
}

/** Of what was freed: for the main thread it would be a break, and here nobody waits. */
async function giveBackMemory(): Promise<void> {
  forgetSpareSlabs();
  collectGarbage();
  await trimMemory();
}
