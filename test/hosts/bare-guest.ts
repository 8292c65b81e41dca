/** The same guest under QEMU alone, moved between the same hosts by QEMU's own commands: what the links of link-cases.ts do to that. */
import { join } from "node:path";
import type { Shell } from "../../lab/hosts/shell.ts";
import type { Site } from "./site.ts";
import { until } from "./site.ts";

const unit = "bare-guest";
const monitor = "/run/bare-guest.qmp";
const port = 4455;
const directory = "/root/bare-move";
const script = `${directory}/move.ts`;
const sources = join(import.meta.dirname, "../../src");
/** What the script stands on; the package has them only packed. */
const parts = [
  "base/errors.ts",
  ...["qmp.ts", "qmp-client.ts", "qmp-lines.ts", "qmp-message.ts"].map((file) => `qemu/${file}`),
];

/** Run on the source by the package's own Node; as much bandwidth and as short a blackout as Ferry begins with. */
const move = `
import { setTimeout as sleep } from "node:timers/promises";
import { QmpClient } from "./qemu/qmp-client.ts";
const qmp = await QmpClient.connect("${monitor}");
await qmp.execute("migrate-set-parameters", { "max-bandwidth": 2 ** 40, "downtime-limit": 20 });
await qmp.execute("migrate", { uri: process.argv[2] });
for (;;) {
  const info = await qmp.execute("query-migrate");
  if (info.status === "completed" || info.status === "failed") {
    console.log(JSON.stringify(info));
    break;
  }
  await sleep(200);
}
await qmp.execute("quit");
process.exit();
`;

export interface BareMove {
  readonly totalMs: number;
  readonly blackoutMs: number;
}

/** A guest on host-a that has booted. */
export async function bootBareGuest({ a, b }: Site): Promise<void> {
  for (const host of [a, b]) {
    await host.run(`mkdir -p ${directory}/base ${directory}/qemu`);
    for (const part of parts) await host.copyTo(join(sources, part), `${directory}/${part}`);
    await host.run(`cat > ${script} <<'end'${move}end`);
  }
  await a.run(start("-serial file:/run/bare-guest.log"));
  await until(a, "cat /run/bare-guest.log", /\S/);
}

/** @throws Error when QEMU says that it failed. */
export async function moveBareGuest(from: Shell, to: Shell, address: string): Promise<BareMove> {
  await to.run(start(`-serial null -incoming tcp:0.0.0.0:${port}`));
  await until(to, `test -S ${monitor} && echo there`, /there/);
  const said = await from.run(`/usr/lib/ferry/bin/node ${script} tcp:${address}:${port}`);
  const info = JSON.parse(said) as { status: string; "total-time": number; downtime: number };
  if (info.status !== "completed") throw new Error(`QEMU alone: ${said}`);
  return { totalMs: info["total-time"], blackoutMs: info.downtime };
}

export async function endBareGuest({ a, b }: Site): Promise<void> {
  for (const host of [a, b]) await host.try(`systemctl stop ${unit}; rm -rf ${directory}`);
}

function start(more: string): string {
  const line =
    "console=ttyS0 quiet no-kvmclock mitigations=off init_on_free=1 ferry.ip=10.88.0.99/24";
  const machine = "-machine q35 -accel kvm -cpu qemu64 -m 192 -smp 1 -nodefaults -display none";
  const kernel = `-kernel /srv/local/vmlinuz -initrd /srv/local/initrd.img -append '${line}'`;
  return `systemd-run --quiet --collect --unit=${unit} qemu-system-x86_64 ${machine} ${kernel} -qmp unix:${monitor},server=on,wait=off ${more}`;
}
