import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pino } from "pino";
import { tellSystemd } from "./readiness.ts";

test("tellSystemd() gives the program the socket, the state and the agent's process, and says nothing without one", async () => {
  const directory = await mkdtemp(join(tmpdir(), "ferry-notify-"));
  const { PATH, NOTIFY_SOCKET } = process.env;
  const heard = join(directory, "heard");
  try {
    const program = join(directory, "systemd-notify");
    await writeFile(program, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> ${heard}\n`);
    await chmod(program, 0o755);
    process.env["PATH"] = `${directory}:${PATH ?? ""}`;
    const log = pino({ level: "silent" });
    delete process.env["NOTIFY_SOCKET"];
    await tellSystemd("--ready", log);
    process.env["NOTIFY_SOCKET"] = "/run/systemd/notify";
    await tellSystemd("--ready", log);
    await tellSystemd("EXTEND_TIMEOUT_USEC=180000000", log);
    assert.deepEqual((await readFile(heard, "utf8")).trim().split("\n"), [
      `/run/systemd/notify --ready --pid=${process.pid}`,
      `/run/systemd/notify EXTEND_TIMEOUT_USEC=180000000 --pid=${process.pid}`,
    ]);
  } finally {
    process.env["PATH"] = PATH ?? "";
    if (NOTIFY_SOCKET === undefined) delete process.env["NOTIFY_SOCKET"];
    else process.env["NOTIFY_SOCKET"] = NOTIFY_SOCKET;
    await rm(directory, { recursive: true });
  }
});
