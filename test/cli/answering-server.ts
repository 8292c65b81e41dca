/**
 * A real HTTP server on a unix socket that answers as a test says, and a way to run the command line against it: for
 * what the command line itself claims. What it does with an agent is shown against the agent.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../src/cli/run.ts";

export interface Asked {
  /** Method, path and query. */
  readonly what: string;
  readonly host: string | undefined;
  readonly body: unknown;
}

export interface Answer {
  readonly status?: number;
  readonly json?: unknown;
}

/** Undefined breaks the connection without an answer. */
export type Answering = (asked: Asked, response: ServerResponse) => Answer | undefined;

export interface Outcome {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}

export async function answeringServer(answering: Answering) {
  const directory = await mkdtemp(join(tmpdir(), "ferry-cli-"));
  const socket = join(directory, "agent.sock");
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, answering, asked);
  }).listen(socket);
  await once(server, "listening");
  const environment = { FERRY_SOCKET: socket, XDG_CONFIG_HOME: directory };
  return {
    asked,
    directory,
    /** Runs a command line in this process. */
    async run(...words: string[]): Promise<Outcome> {
      const out = collector();
      const err = collector();
      const exit = await run(words, { out, err }, environment);
      return { exit, out: out.text(), err: err.text() };
    },
    /** Runs it as a process of its own, for signals. */
    start(...words: string[]) {
      const program = fileURLToPath(new URL("../../bin/ferry.ts", import.meta.url));
      return spawn(process.execPath, [program, ...words], {
        env: { ...process.env, ...environment },
        stdio: ["ignore", "pipe", "pipe"],
      });
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(directory, { recursive: true });
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  answering: Answering,
  asked: Asked[],
): Promise<void> {
  const text = Buffer.concat(await request.toArray()).toString();
  const question: Asked = {
    what: `${request.method} ${request.url}`,
    host: request.headers["ferry-host"] as string | undefined,
    body: text === "" ? undefined : (JSON.parse(text) as unknown),
  };
  asked.push(question);
  const given = answering(question, response);
  if (given === undefined) response.destroy();
  else if (!response.headersSent) {
    response.writeHead(given.status ?? 200, { "content-type": "application/json" });
    response.end(given.json === undefined ? undefined : JSON.stringify(given.json));
  }
}

function collector() {
  const pieces: string[] = [];
  return { write: (text: string) => pieces.push(text), text: () => pieces.join("") };
}
