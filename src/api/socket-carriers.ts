/** Bytes between a websocket and a guest's screen or serial port, with what is under way bounded on both sides. */
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { SerialLog } from "../vm/serial-log.ts";
import type { SerialStart } from "./schema/serial.ts";

/** A browser that reads slower than this behind is not worth the memory: serial output is kept in the log anyway. */
const waitingBytesMax = 4 * 1024 * 1024;
/** How much of a screen may wait for the browser before QEMU is made to wait. */
const screenWaitingBytesMax = 256 * 1024;
/** Closing codes of our own: what the page does next depends on them. */
const closeCodes = { tooSlow: 4000, ended: 4001 } as const;
/** Finds connections whose other end is gone without a word. */
const pingEveryMs = 20_000;

/** A screen: RFB both ways, as it comes. */
export function carryBytes(browser: WebSocket, guest: Socket): void {
  keepAlive(browser);
  guest.on("data", (bytes: Buffer) => {
    browser.send(bytes, () => {
      if (browser.bufferedAmount <= screenWaitingBytesMax) guest.resume();
    });
    if (browser.bufferedAmount > screenWaitingBytesMax) guest.pause();
  });
  guest.on("error", () => undefined); // its close follows
  guest.on("close", () => browser.close(closeCodes.ended));
  browser.on("message", (data, isBinary) => {
    if (isBinary) guest.write(asBuffer(data));
  });
  browser.on("close", () => guest.destroy());
}

/** A serial console: first where it begins, then everything from there on. */
export function carrySerial(
  browser: WebSocket,
  log: SerialLog,
  host: string,
  query: URLSearchParams,
): void {
  keepAlive(browser);
  const after = Number(query.get("after") ?? 0) || 0;
  const known = log.positionOf(query.get("log") ?? "", after);
  const knows = known !== undefined;
  // Who was elsewhere has seen what came before this log; who is new sees all there is.
  const first = query.has("log") ? 0 : Number.NEGATIVE_INFINITY;
  const { from, gap, bytes } = log.read(known ?? first);
  const past = { past: bytes.length, gap: gap && knows };
  const start: SerialStart = { host, log: log.id, from, ...past, begins: log.begins };
  browser.send(JSON.stringify(start));
  if (bytes.length > 0) browser.send(bytes);
  if (log.hasEnded) {
    browser.close(closeCodes.ended);
    return;
  }
  const stop = log.watch({
    onBytes: (more) => {
      browser.send(more);
      if (browser.bufferedAmount > waitingBytesMax) browser.close(closeCodes.tooSlow);
    },
    onEnd: () => browser.close(closeCodes.ended),
  });
  browser.on("message", (data) => log.write(asBuffer(data)));
  browser.on("close", stop);
}

function asBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? Buffer.from(data) : data;
}

function keepAlive(socket: WebSocket): void {
  let alive = true;
  const timer = setInterval(() => {
    if (!alive) socket.terminate();
    alive = false;
    socket.ping();
  }, pingEveryMs).unref();
  socket.on("pong", () => {
    alive = true;
  });
  socket.on("close", () => clearInterval(timer));
}
