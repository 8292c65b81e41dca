/**
 * How the lease stood when it was last renewed, where the keeper's successor and a restarted agent find it: neither may end the guests only because it has
 * not heard of the lease yet. Counted on the boot clock, so that it says the same in every process; void after a reboot.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Type from "typebox";
import Value from "typebox/value";
import { bootClockMs } from "./boot-clock.ts";
import type { KeeperOrders } from "./keeper-messages.ts";
import { type Lease, noLease } from "./lease.ts";

const Kept = Type.Object({
  boot: Type.String(),
  cluster: Type.String(),
  incarnation: Type.Integer(),
  sentAtMs: Type.Number(),
  leaseMs: Type.Number(),
});

type Whose = Pick<KeeperOrders, "socket" | "cluster" | "incarnation">;

/** Not durable: what a crash of the machine loses is void anyhow. */
export function keepLease({ socket, cluster, incarnation }: Whose, lease: Lease): void {
  if (lease.sentAtMs === null) return;
  const { sentAtMs, leaseMs } = lease;
  const kept = { boot: bootId(), cluster, incarnation, sentAtMs, leaseMs };
  const path = fileBeside(socket);
  writeFileSync(`${path}.new`, JSON.stringify(kept), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** What is known of this incarnation's lease; none when nothing is. */
export function keptLease({ socket, cluster, incarnation }: Whose): Lease {
  try {
    const kept = Value.Parse(Kept, JSON.parse(readFileSync(fileBeside(socket), "utf8")));
    const isOurs =
      kept.boot === bootId() &&
      kept.cluster === cluster &&
      kept.incarnation === incarnation &&
      kept.sentAtMs <= bootClockMs();
    return isOurs ? { sentAtMs: kept.sentAtMs, leaseMs: kept.leaseMs, dead: false } : noLease;
  } catch {
    return noLease; // there was none, or it is of another time
  }
}

function fileBeside(socket: string): string {
  return join(dirname(socket), "lease.json");
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
}
