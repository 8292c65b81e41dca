/**
 * The worker thread of one session: owns its sockets and every byte of them, so that the agent's main thread only
 * controls. Its first message is the session's settings, perhaps long after it was started (spare-workers.ts); ends when
 * told to close.
 */
import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../base/invariant.ts";
import { trimMemory } from "../base/trim-memory.ts";
import { Endpoint } from "./endpoint.ts";
import { rehearse } from "./rehearsal.ts";
import { spare, unneeded } from "./spare-workers.ts";
import { errorToPortable } from "./portable-error.ts";
import type { Call, Report, WorkerSettings } from "./worker-messages.ts";

invariant(parentPort !== null, "a session's worker is started as a thread");
const port = parentPort;
const report = (message: Report) => port.postMessage(message);

let isWanted = false;
port.once("message", (settings: WorkerSettings | typeof unneeded) => {
  if (settings === unneeded) process.exit(0);
  isWanted = true;
  const endpoint = new Endpoint(settings, report);
  port.on("message", (call: Call) => void answer(endpoint, call));
  void open(endpoint);
});

// What goes wrong here will go wrong again where somebody hears of it.
if (workerData === spare) void prepare().catch(() => {});

async function prepare(): Promise<void> {
  await rehearse(() => isWanted);
  // What the session before this one had is free by now.
  if (!isWanted) await trimMemory();
}

async function open(endpoint: Endpoint): Promise<void> {
  try {
    report({ type: "opened", port: await endpoint.open() });
  } catch (error) {
    report({ type: "refusal", call: "open", error: errorToPortable(error) });
  }
}

async function answer(endpoint: Endpoint, { call, command }: Call): Promise<void> {
  try {
    const stats = await endpoint.obey(command);
    report({ type: "answer", call, ...(stats === undefined ? {} : { stats }) });
  } catch (error) {
    report({ type: "refusal", call, error: errorToPortable(error) });
  }
  // Sockets that linger must not keep the thread: whoever closed the session waits for its end.
  if (command.type === "close") process.exit(0);
}
