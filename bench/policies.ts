/**
 * A guest that writes faster than the link, moved under each convergence policy: what the policy promises has to happen.
 * `--bandwidth 1.5` (MB/s, after most of the first round), `--pages 6000` (rewritten a second), `--policies patient,balanced,certain,post-copy`.
 * Ends with 1 when a promise was broken.
 */
import { parseArgs } from "node:util";
import { createGuest, guestPorts } from "../lab/guest.ts";
import { endWithLab } from "../lab/end-with-lab.ts";
import { Lab } from "../lab/lab.ts";
import { moveThenSlowDown } from "../lab/slow-link.ts";
import { rerunAsLabRoot } from "../lab/user-namespace.ts";
import type {
  ConvergencePolicy,
  MigrationOptions,
  MigrationRecord,
} from "../src/migration/record.ts";

const address = "10.77.0.50";
const vm = "writer";
const giveUpAfterMs = 20_000;
const stopMsMax = 20_000;

/** What a record must say for its policy's promise to be kept; empty: kept. */
const broken: Readonly<Record<ConvergencePolicy, (record: MigrationRecord) => string[]>> = {
  patient: (record) => [
    ...wanted(record.state === "failed", "it gives up"),
    ...wanted(/guest writes .* link carries/.test(record.error?.message ?? ""), "numbers"),
    ...wanted(!done(record).includes("throttle"), "the guest is not slowed down"),
  ],
  balanced: (record) => [
    ...wanted(done(record).includes("throttle"), "the guest is slowed down"),
    ...wanted(record.state === "completed" || record.state === "failed", "an end"),
    ...wanted(record.state === "failed" || stood(record) <= 1_000, "a short blackout"),
  ],
  certain: (record) => [
    ...wanted(record.state === "completed", "it completes"),
    ...wanted(stood(record) <= stopMsMax, "it stands still for no longer than allowed"),
  ],
  "post-copy": (record) => [
    ...wanted(record.state === "completed", "it completes"),
    ...wanted(done(record).includes("post-copy"), "post-copy"),
    ...wanted(stood(record) <= 1_000, "a short blackout"),
  ],
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      bandwidth: { type: "string", default: "1.5" },
      pages: { type: "string", default: "6000" },
      policies: { type: "string", default: Object.keys(broken).join(",") },
    },
  });
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  endWithLab("policies");
  await using lab = await Lab.up({ name: "policies", say });
  const ask = (line: string) => lab.client.ask(address, guestPorts.memory, line);
  await createGuest(lab, { name: vm, host: "host-a", address });
  say(await ask("fill 16 7"));
  say(await ask(`churn ${values.pages}`));
  for (const host of lab.hosts) {
    if (!(await host.lendUserfault())) say("post-copy is not possible here");
    await host.agent.stop();
    await host.agent.start();
  }
  for (const policy of values.policies.split(",") as ConvergencePolicy[]) {
    const options = { convergencePolicy: policy, giveUpAfterMs, stopMsMax };
    const record = await move(lab, options, Number(values.bandwidth) * 1e6);
    const faults = broken[policy](record);
    if (faults.length > 0) process.exitCode = 1;
    const [, bad] = (await ask("verify")).split(" ").slice(1);
    if (bad !== "0") process.exitCode = 1;
    process.stdout.write(`${JSON.stringify(outcome(policy, record, faults, bad))}\n`);
  }
}

async function move(
  lab: Lab,
  options: MigrationOptions,
  bytesPerSecond: number,
): Promise<MigrationRecord> {
  const { host } = await lab.host("host-a").api("GET /v1/vms/{vm}", { params: { vm } });
  const source = lab.host(host);
  const target = host === "host-a" ? "host-b" : "host-a";
  const body = { vm, target, options: { ...options, performance: "tcp" as const } };
  const start = async () => (await source.api("POST /v1/migrations", { body })).id;
  const { id } = await moveThenSlowDown(source, start, bytesPerSecond);
  for (;;) {
    const record = await lab.host("host-a").api("GET /v1/migrations/{id}", { params: { id } });
    if (record.endedAt !== null) return record;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function outcome(
  policy: ConvergencePolicy,
  record: MigrationRecord,
  faults: readonly string[],
  badPages: string | undefined,
): object {
  const { state, rounds, verdict, startedAt, endedAt, adjustments = [] } = record;
  return {
    ...{ policy, state, promise: faults.length === 0 ? "kept" : faults },
    seconds: ((endedAt ?? 0) - (startedAt ?? 0)) / 1000,
    blackoutMs: record.blackout?.totalMs ?? null,
    rounds: rounds.length,
    verdict: verdict && `round ${verdict.round}: ${verdict.message}`,
    adjustments: adjustments.map(({ action, value }) => `${action} ${value ?? ""}`.trim()),
    badPages,
    ...(record.error && { error: record.error.message }),
  };
}

const done = ({ adjustments = [] }: MigrationRecord) => adjustments.map(({ action }) => action);
const stood = ({ blackout }: MigrationRecord) => blackout?.totalMs ?? 0;
const wanted = (isSo: boolean, what: string) => (isSo ? [] : [`missing: ${what}`]);

const elsewhere = await rerunAsLabRoot();
if (elsewhere === undefined) await main();
else process.exitCode = elsewhere;
