/**
 * A user of redis: `redis-load.ts ADDRESS` fills it with values like a web shop's and then goes on rewriting some of them
 * at a steady rate, waiting for the answers. Says `filled` once; ends when it is told to.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { cart } from "./cart.ts";

const values = 80_000;
const batch = 40;
const batchesPerSecond = 10;
const fillBatch = 400;

const socket = connect({ host: process.argv[2] ?? "", port: 6379, noDelay: true });
socket.setEncoding("latin1");
let answers = 0;
let enough = (): void => undefined;
socket.on("data", (text: string) => {
  answers += text.split("+OK").length - 1;
  enough();
});

let written = 0;
for (; written < values; written += fillBatch) await write(fillBatch, (index) => written + index);
process.stdout.write("filled\n");
for (;;) {
  await write(batch, () => Math.floor(Math.random() * values));
  written += batch;
  await sleep(1000 / batchesPerSecond);
}

async function write(count: number, key: (index: number) => number): Promise<void> {
  answers = 0;
  let text = "";
  for (let index = 0; index < count; index++) text += command("SET", `cart:${key(index)}`, cart());
  const all = new Promise<void>((resolve) => {
    enough = () => {
      if (answers >= count) resolve();
    };
  });
  if (!socket.write(text)) await once(socket, "drain");
  await all;
}

function command(...words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}
