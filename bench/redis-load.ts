/**
 * A user of redis: `redis-load.ts ADDRESS carts` fills it with values like a web shop's and then goes on rewriting some of them
 * at a steady rate, waiting for the answers; `counters` with values that do not compress, a few bytes of each of which change.
 * Says `filled` once; ends when it is told to.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { cart } from "./cart.ts";

interface Load {
  readonly values: number;
  readonly value: () => string;
  /** Sent this often a second once redis is filled. */
  readonly batchesPerSecond: number;
  readonly batch: () => string[];
}

const carts: Load = {
  values: 80_000,
  value: cart,
  batchesPerSecond: 10,
  batch: () =>
    Array.from({ length: 40 }, () =>
      command("SET", `v:${Math.floor(Math.random() * 80_000)}`, cart()),
    ),
};

/** In the guest itself: so many requests would keep its network busy, and not its memory. */
const touch =
  "math.randomseed(ARGV[1]) for i=1,500 do redis.call('SETRANGE','v:'..math.random(0,11999),math.random(0,3990),ARGV[1]) end return 'OK'";

const counters: Load = {
  values: 12_000,
  value: () => randomBytes(4_000).toString("latin1"),
  batchesPerSecond: 20,
  batch: () => [command("EVAL", touch, "0", String(Math.floor(Math.random() * 1e9)))],
};

const fillBatch = 400;

const load = process.argv[3] === "counters" ? counters : carts;
const socket = connect({ host: process.argv[2] ?? "", port: 6379, noDelay: true });
socket.setEncoding("latin1");
let answers = 0;
let enough = (): void => undefined;
socket.on("data", (text: string) => {
  answers += text.split("OK\r\n").length - 1;
  enough();
});

for (let written = 0; written < load.values; written += fillBatch) {
  const each = (_: unknown, index: number) => command("SET", `v:${written + index}`, load.value());
  await say(Array.from({ length: fillBatch }, each));
}
process.stdout.write("filled\n");
for (;;) {
  await say(load.batch());
  await sleep(1000 / load.batchesPerSecond);
}

async function say(commands: readonly string[]): Promise<void> {
  answers = 0;
  const all = new Promise<void>((resolve) => {
    enough = () => {
      if (answers >= commands.length) resolve();
    };
  });
  if (!socket.write(commands.join(""), "latin1")) await once(socket, "drain");
  await all;
}

function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}
