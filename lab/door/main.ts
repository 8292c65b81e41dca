/**
 * `main.ts FROM TO`: hands connections on, each end a unix socket's path or `ADDRESS:PORT`. Ends by itself when the far
 * end is gone, which is when the lab is.
 */
import { rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";

const [from = "", to = ""] = process.argv.slice(2);
const watchMs = 2_000;
/** Until the far end is there for the first time; a busy machine takes its time. */
const patience = 30;

function place(text: string): { path: string } | { host: string; port: number } {
  if (text.startsWith("/")) return { path: text };
  const [host = "", port = ""] = text.split(":");
  return { host, port: Number(port) };
}

const server = createServer((near) => {
  const far = connect(place(to));
  join(near, far);
  join(far, near);
});
if (from.startsWith("/")) rmSync(from, { force: true });
server.on("error", (error) => {
  process.stderr.write(`door: ${error.message}\n`);
  process.exitCode = 1;
});
server.listen(place(from));
let missed = 0;
let wasThere = false;
const watch = setInterval(() => {
  const knock = connect(place(to));
  knock.on("connect", () => {
    wasThere = true;
    knock.destroy();
  });
  knock.on("error", () => {
    missed += 1;
    if (!wasThere && missed < patience) return;
    clearInterval(watch);
    server.close();
  });
}, watchMs);

function join(one: Socket, other: Socket): void {
  one.on("error", () => other.destroy());
  one.on("close", () => other.destroy());
  one.pipe(other);
}
