/** `knock.ts ADDRESS PORT MILLISECONDS`: ends well as soon as the port accepts a connection, badly after that time. */
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const [host = "", port = "", within = ""] = process.argv.slice(2);
const deadline = performance.now() + Number(within);
/** A guest that boots answers nothing at all: ask again rather than wait for TCP's own repetition. */
const attemptMs = 500;

process.exitCode = 1;
while (performance.now() < deadline) {
  if (await accepts()) {
    process.exitCode = 0;
    break;
  }
  await sleep(30);
}

async function accepts(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port: Number(port), timeout: attemptMs });
  socket.on("connect", () => resolve(true));
  socket.on("timeout", () => resolve(false));
  socket.on("error", () => resolve(false));
  return await promise.finally(() => socket.destroy());
}
