/** Waits until both hosts agree on where the VM is, and judges what they came to. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LabHost } from "../../lab/lab-host.ts";
import type { MoveUnderTest } from "./break-it.ts";
import type { FaultLab } from "./fault-lab.ts";

/** An agent that starts adopts, settles with its peer and answers: seconds, or minutes on a starved machine. */
const settleMsMax = 240_000;

const lookMs = 200;

export interface Settled {
  readonly owner: "source" | "target";
  readonly guest: "lived on" | "started anew";
  readonly wrong: string[];
}

/** @throws Error when they do not come to an end, with what they say. */
export async function settled(world: FaultLab, move: MoveUnderTest): Promise<Settled> {
  const owner = await agreed(world, move);
  const other = world.other(owner);
  const role = owner.name === move.source.name ? "source" : "target";
  const wrong: string[] = [];
  const handedOver = world.journal(move.source, move.migration).includes("handed-over");
  if (handedOver !== (role === "target")) {
    wrong.push(`the ${role} has the VM, handed over: ${handedOver}`);
  }
  const left = await world.leftovers(other);
  if (left.length > 0)
    wrong.push(`left on the ${role === "source" ? "target" : "source"}: ${left.join(", ")}`);
  const inside = await world.runs.remains(owner);
  if (inside.length > 0) wrong.push(`left inside QEMU on the ${role}: ${inside.join(", ")}`);
  // QEMU stops a guest whose disk has no room; the documented step is to make room and resume it.
  if ((await world.runs.states(owner)).includes("io-error")) {
    const resumed = await owner.ferry(["vm", "resume", world.vm]);
    if (resumed.exitCode !== 0) throw new Error(`cannot resume the VM: ${resumed.stderr}`);
  }
  const qemus = await world.qemus(owner);
  const state = (await world.vmOn(owner))?.state;
  if (state === "running") {
    if (qemus.length !== 1) wrong.push(`${qemus.length} QEMUs of one VM`);
    const bad = await world.guest.checkAlive();
    return {
      owner: role,
      guest: "lived on",
      wrong: [...wrong, ...(bad === undefined ? [] : [bad])],
    };
  }
  if (state !== "crashed" && state !== "stopped") wrong.push(`the VM is ${state}`);
  // The documented step.
  const started = await owner.ferry(["vm", "start", world.vm]);
  if (started.exitCode !== 0) throw new Error(`cannot start the VM: ${started.stderr}`);
  const bad = await world.guest.checkRestarted();
  return {
    owner: role,
    guest: "started anew",
    wrong: [...wrong, ...(bad === undefined ? [] : [bad])],
  };
}

/** Both agents answer, no journal is open, exactly one host knows the VM, as its own, and no migration holds it. */
async function agreed(
  world: FaultLab,
  { source, target, migration }: MoveUnderTest,
): Promise<LabHost> {
  const deadline = performance.now() + settleMsMax;
  let seen: unknown;
  while (performance.now() < deadline) {
    const open = [source, target].map((host) => world.openJournals(host));
    const journals = [source, target].map((host) => world.journal(host, migration).join(" "));
    seen = journals;
    if (open.every((ids) => ids.length === 0)) {
      const vms = await Promise.all(
        [source, target].map((host) => world.vmOn(host).catch(() => null)),
      );
      seen = [...vms.map((vm) => vm && [vm.state, vm.ownership, vm.migration]), ...journals];
      const [here, there] = vms;
      const isOne = !vms.includes(null) && (here === undefined) !== (there === undefined);
      const vm = here ?? there;
      if (isOne && vm?.ownership === "owner" && vm.migration === null) {
        // A process that was killed is noticed a moment later.
        const host = here === undefined ? target : source;
        const lives =
          vm.state === "running" || (await world.runs.states(host)).includes("io-error");
        const isTrue = (await world.qemus(host)).length > 0 === lives;
        if (isTrue) return host;
      }
    }
    await sleep(lookMs);
  }
  throw new Error(`not settled: ${JSON.stringify(seen)}`);
}
