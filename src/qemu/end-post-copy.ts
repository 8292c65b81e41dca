/**
 * Takes a guest back whose post-copy had begun and whose target never ran. QEMU knows no such way: in `postcopy-active` and
 * `postcopy-paused` it neither cancels (10.0) nor lets its guest go on. But it ends orderly once a target has everything,
 * and then stands in `postmigrate`, from where `cont` is possible. So the agent plays that target: it takes up the paused
 * migration, answers for each block of memory that every page has arrived, and reports that all is loaded. The source's own
 * memory is whole; nothing of it was freed (`release-ram` is off).
 *
 * Who calls this must know that the target will never let its copy run: its record is *rolled-back*, durably.
 */
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { chmodSync, chownSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { FerryError } from "../base/errors.ts";
import { queryMemory, waitForStatus } from "./migration.ts";
import type { Qmp } from "./qmp.ts";

/** Commands in QEMU's stream; all are be16 command, be16 length, data, after a byte that says that one follows. */
const commandByte = 0x08;
const commands = { ping: 2, resume: 9, sendBitmap: 10 } as const;
/** Messages on its return path: be16 type, be16 length, data. */
const messages = { shut: 1, pong: 2, bitmap: 5, resumed: 6 } as const;
const bitmapEnd = 0x0123456789abcdefn;
/** Closing a socket is noticed at once, but a loaded host takes its time. */
const pauseMs = 10_000;

export interface SocketPlace {
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
}

/** Whether an outgoing migration is past the switch to post-copy and not over. */
export async function isInPostCopy(qmp: Qmp): Promise<boolean> {
  return (await queryMemory(qmp)).status.startsWith("postcopy");
}

/**
 * Ends the migration; QEMU stands in `postmigrate` then. Its old socket must be closed. May be repeated.
 * @throws FerryError `qemu-failed`, `timeout`.
 */
export async function endPostCopy(qmp: Qmp, place: SocketPlace, timeoutMs: number): Promise<void> {
  await waitForStatus(qmp, ["postcopy-paused", "completed"], { timeoutMs: pauseMs });
  if ((await queryMemory(qmp)).status === "completed") return;
  const sizes = await blockSizes(qmp);
  await rm(place.path, { force: true });
  const server = createServer();
  server.on("connection", (socket: Socket) => {
    server.close();
    const target = new AnsweringTarget(sizes, (answer) => socket.write(answer));
    socket.on("data", (bytes: Buffer) => target.push(bytes));
    socket.on("error", () => socket.destroy()); // QEMU's state says what came of it
  });
  try {
    server.listen(place.path);
    await once(server, "listening");
    chmodSync(place.path, 0o600);
    chownSync(place.path, place.uid, place.gid);
    const over = waitForStatus(qmp, ["completed"], { timeoutMs });
    over.catch(() => undefined); // awaited below, unless QEMU refuses
    await qmp.execute("migrate", { uri: `unix:${place.path}`, resume: true });
    await over;
  } finally {
    server.close();
    await rm(place.path, { force: true });
  }
}

/** What a target that has everything answers. Bytes in, bytes out. */
export class AnsweringTarget {
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #answer: (bytes: Buffer) => void;
  #held: Buffer = Buffer.alloc(0);
  #isDone = false;

  /** `sizes`: of each block of memory, bytes. */
  constructor(sizes: ReadonlyMap<string, number>, answer: (bytes: Buffer) => void) {
    this.#sizes = sizes;
    this.#answer = answer;
  }

  /** @throws FerryError `qemu-failed` on what is no command: QEMU says nothing else until it was answered. */
  push(bytes: Buffer): void {
    if (this.#isDone) return; // the end of the stream, with no page in it
    this.#held = Buffer.concat([this.#held, bytes]);
    while (!this.#isDone && this.#held.length >= 5) {
      if (this.#held[0] !== commandByte) throw unexpected(this.#held[0] ?? 0);
      const end = 5 + this.#held.readUInt16BE(3);
      if (this.#held.length < end) return;
      const data = this.#held.subarray(5, end);
      this.#obey(this.#held.readUInt16BE(1), data);
      this.#held = this.#held.subarray(end);
    }
  }

  #obey(command: number, data: Buffer): void {
    if (command === commands.ping) this.#say(messages.pong, data);
    if (command === commands.sendBitmap) this.#sayBitmap(data);
    if (command !== commands.resume) return;
    this.#say(messages.resumed, uint32(1));
    this.#say(messages.shut, uint32(0));
    this.#isDone = true;
  }

  /** `data` is the length of the block's name and the name. */
  #sayBitmap(data: Buffer): void {
    const name = data.subarray(1, 1 + (data[0] ?? 0)).toString();
    const pages = Math.ceil((this.#sizes.get(name) ?? 0) / 4096);
    const bytes = Math.ceil(pages / 64) * 8;
    this.#say(messages.bitmap, data);
    this.#answer(Buffer.concat([uint64(BigInt(bytes)), Buffer.alloc(bytes, 0xff)]));
    this.#answer(uint64(bitmapEnd));
  }

  #say(type: number, data: Buffer): void {
    const header = Buffer.alloc(4);
    header.writeUInt16BE(type, 0);
    header.writeUInt16BE(data.length, 2);
    this.#answer(Buffer.concat([header, data]));
  }
}

/** The blocks of memory by name, with their used sizes in bytes. */
async function blockSizes(qmp: Qmp): Promise<Map<string, number>> {
  const answer = await qmp.execute<{ "human-readable-text": string }>("x-query-ramblock");
  return parseBlockSizes(answer["human-readable-text"]);
}

/** `Block Name  PSize  Offset  Used  Total …`, one block a line; the third number is what counts. */
export function parseBlockSizes(text: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, used] = /^\s*(\S+)\s+\d+ \w+\s+0x[0-9a-f]+\s+0x([0-9a-f]+)\s/.exec(line) ?? [];
    if (name !== undefined && used !== undefined) sizes.set(name, Number.parseInt(used, 16));
  }
  return sizes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  return bytes;
}

function unexpected(byte: number): FerryError {
  return new FerryError(
    "qemu-failed",
    `Cannot take the guest back: QEMU said ${byte} where a command was expected`,
    { remedy: "Restart the agent: it tries again" },
  );
}
