/**
 * The outside client: runs in the client's namespace and uses the guest's services as a user would.
 * `main.ts ADDRESS PROBES MS` with PROBES of counter,redis,http, and a number of the counter every so many ms. On standard input: `mark` starts a new window, `report`
 * answers with the window's report as one line of JSON, `stop` ends it.
 */
import { createInterface } from "node:readline";
import { CounterProbe } from "./counter-probe.ts";
import { getPage } from "./http-requests.ts";
import { RedisRequests } from "./redis-requests.ts";
import type { ClientReport } from "./report.ts";
import { RequestProbe } from "./request-probe.ts";

const ports = { counter: 7001, redis: 6379, http: 80 };
const redisPerSecond = 100;
const httpPerSecond = 10;

const [address = "", list = "", everyMs = "1"] = process.argv.slice(2);
const wanted = list.split(",");
const counter = wanted.includes("counter")
  ? new CounterProbe(address, ports.counter, Number(everyMs))
  : undefined;
const redisConnection = wanted.includes("redis")
  ? new RedisRequests(address, ports.redis)
  : undefined;
const redis = redisConnection && new RequestProbe(() => redisConnection.send(), redisPerSecond);
const http = wanted.includes("http")
  ? new RequestProbe(() => getPage(address, ports.http), httpPerSecond)
  : undefined;

const commands: Readonly<Record<string, () => void>> = {
  mark() {
    for (const probe of [counter, redis, http]) probe?.mark();
    process.stdout.write("marked\n");
  },
  report() {
    const report: ClientReport = {
      ...(counter && { counter: counter.report() }),
      ...(redis && { redis: redis.report() }),
      ...(http && { http: http.report() }),
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  },
  stop,
};

const input = createInterface({ input: process.stdin });
input.on("line", (line) => commands[line]?.());
input.on("close", stop);

function stop(): void {
  input.close();
  for (const part of [counter, redis, http, redisConnection]) part?.close();
  process.stdin.destroy();
}
