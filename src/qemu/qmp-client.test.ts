import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type ErrorCode, FerryError } from "../base/errors.ts";
import { QmpClient } from "./qmp-client.ts";

const greeting =
  '{"QMP":{"version":{"qemu":{"major":9,"minor":1,"micro":0}},"capabilities":[]}}\r\n';

const isError = (code: ErrorCode) => (error: unknown) =>
  error instanceof FerryError && error.code === code;

/** A monitor that answers what `answer` says for each command; `undefined` leaves it unanswered. */
async function monitor(
  answer: (command: string, id: number, socket: Socket) => string | undefined,
  hello = greeting,
): Promise<{ path: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), "ferry-qmp-"));
  const path = join(directory, "qmp.sock");
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.write(hello);
    socket.on("error", () => sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => {
      for (const line of chunk.toString().split("\r\n").filter(Boolean)) {
        const { execute, id } = JSON.parse(line) as { execute: string; id: number };
        const said = execute === "qmp_capabilities" ? ok(id) : answer(execute, id, socket);
        if (said !== undefined) socket.write(said);
      }
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await rm(directory, { recursive: true });
    },
  };
}

const ok = (id: number, value: unknown = {}) => `${JSON.stringify({ return: value, id })}\r\n`;

test("answers find their commands in any order", async () => {
  let held: string | undefined;
  await using qemu = await monitor((command, id) => {
    if (command === "first") {
      held = ok(id, "one");
      return undefined;
    }
    return ok(id, "two") + held;
  });
  await using client = await QmpClient.connect(qemu.path);
  const answers = await Promise.all([client.execute("first"), client.execute("second")]);
  assert.deepEqual(answers, ["one", "two"]);
  assert.equal(client.version, "9.1.0");
});

test("QEMU's refusal names the command and what QEMU said", async () => {
  await using qemu = await monitor(
    (_command, id) => `{"error":{"class":"CommandNotFound","desc":"not here"},"id":${id}}\r\n`,
  );
  await using client = await QmpClient.connect(qemu.path);
  await assert.rejects(client.execute("fly"), /Cannot run QMP command "fly": not here/);
});

test("a command without an answer ends at its deadline, and the next one works", async () => {
  await using qemu = await monitor((command, id) => (command === "hang" ? undefined : ok(id)));
  await using client = await QmpClient.connect(qemu.path);
  await assert.rejects(client.execute("hang", {}, { timeoutMs: 5 }), isError("timeout"));
  assert.deepEqual(await client.execute("go"), {});
});

test("a closed socket fails what waits and what comes after", async () => {
  await using qemu = await monitor((_command, _id, socket) => {
    socket.destroy();
    return undefined;
  });
  await using client = await QmpClient.connect(qemu.path);
  const event = client.waitFor(() => true);
  await Promise.all([
    assert.rejects(client.execute("quit"), isError("unreachable")),
    assert.rejects(event, isError("unreachable")),
  ]);
  await client.closed;
  await assert.rejects(client.execute("again"), isError("unreachable"));
  await assert.rejects(
    client.waitFor(() => true),
    isError("unreachable"),
  );
});

test("garbage closes the conversation and says why", async () => {
  await using qemu = await monitor(() => "SSH-2.0\r\n");
  await using client = await QmpClient.connect(qemu.path);
  await assert.rejects(client.execute("go"), isError("unreachable"));
});

test("a monitor that does not greet is given up", async () => {
  await using qemu = await monitor(() => undefined, "");
  await assert.rejects(QmpClient.connect(qemu.path, { timeoutMs: 5 }), isError("timeout"));
});

test("events reach listeners until these stop, and waiting ends with its signal", async () => {
  await using qemu = await monitor((_command, id) => `{"event":"STOP"}\r\n${ok(id)}`);
  await using client = await QmpClient.connect(qemu.path);
  const seen: string[] = [];
  const stop = client.onEvent(({ event }) => seen.push(event));
  const waiting = client.waitFor(({ event }) => event === "STOP");
  await client.execute("stop");
  assert.equal((await waiting).event, "STOP");
  stop();
  await client.execute("stop");
  assert.deepEqual(seen, ["STOP"]);

  const abort = new AbortController();
  const aborted = client.waitFor(() => false, { signal: abort.signal });
  abort.abort(new FerryError("cancelled", "enough"));
  await assert.rejects(aborted, isError("cancelled"));
});
