/** Runs one case of the fault matrix and judges it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LabHost } from "../../lab/lab-host.ts";
import { nameOf } from "../../src/migration/fault-points.ts";
import type { MigrationOptions } from "../../src/migration/record.ts";
import { breakIt, type Broken } from "./break-it.ts";
import type { FaultCase } from "./cases.ts";
import type { FaultLab } from "./fault-lab.ts";
import { settled } from "./settled.ts";

/** What is waited for stays as it is until it was seen; to look more often only takes the agents' time. */
const lookMs = 200;
/** A move of a small guest that takes longer, on a starved machine, is stuck. */
const moveMsMax = 240_000;

export interface CaseResult {
  readonly id: string;
  /** `right`; `wrong` with what; `not reached`: this move never came there; `nothing to break`. */
  readonly outcome: "right" | "wrong" | "not reached" | "nothing to break";
  readonly owner: "source" | "target" | null;
  /** Whether its memory survived. */
  readonly guest: "lived on" | "started anew" | null;
  readonly wrong: readonly string[];
  readonly seconds: number;
  readonly at: string;
}

export async function runCase(world: FaultLab, fault: FaultCase): Promise<CaseResult> {
  const begun = performance.now();
  const wrong: string[] = [];
  const parts: Pick<CaseResult, "owner" | "guest"> & { outcome?: CaseResult["outcome"] } = {
    ...{ owner: null, guest: null },
  };
  try {
    Object.assign(parts, await strike(world, fault, wrong));
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  }
  return {
    id: fault.id,
    owner: parts.owner,
    guest: parts.guest,
    outcome: wrong.length > 0 ? "wrong" : (parts.outcome ?? "right"),
    wrong,
    seconds: Math.round((performance.now() - begun) / 100) / 10,
    at: new Date().toISOString(),
  };
}

type Judged = Pick<CaseResult, "owner" | "guest" | "outcome">;

async function strike(world: FaultLab, fault: FaultCase, wrong: string[]): Promise<Judged> {
  const source = await world.owner();
  if (source === undefined) throw new Error("no host owns the VM before the case");
  const target = world.other(source);
  const hosts = { source, target };
  const paused = hosts[fault.point.role];
  const victim = hosts[fault.victim];
  const point = nameOf(fault.point);
  await world.guest.startWriting();
  await paused.api("POST /v1/faults", { body: { point, action: "pause" } });
  if (fault.provoked !== undefined) {
    const provoker = hosts[fault.provoked.startsWith("source") ? "source" : "target"];
    await provoker.api("POST /v1/faults", { body: { point: fault.provoked, action: "fail" } });
  }
  world.runs.twice(); // what was before is no matter of this case
  const id = await startMove(world, source, target);
  let broken: Broken | undefined;
  if (await reached(world, paused, source, point, id)) {
    broken = await breakIt(world, fault.breakage, victim);
    if (await isUp(paused)) await paused.api("DELETE /v1/faults");
    await broken.endures({ source, target, migration: id });
    wrong.push(...broken.wrong);
    await broken.mend();
  }
  for (const host of world.lab.hosts) if (await isUp(host)) await host.api("DELETE /v1/faults");
  const end = await settled(world, { source, target, migration: id });
  wrong.push(...end.wrong, ...world.runs.twice());
  if (broken === undefined) return { ...end, outcome: "not reached" };
  // The next move begins at once, and must succeed.
  await moveAndFinish(world, end.owner === "source" ? source : target);
  return { ...end, outcome: broken.struck ? "right" : "nothing to break" };
}

export async function startMove(
  world: FaultLab,
  source: LabHost,
  target: LabHost,
  options: MigrationOptions = world.options,
): Promise<string> {
  const body = { vm: world.vm, target: target.name, options };
  return (await source.api("POST /v1/migrations", { body })).id;
}

/** False when the move ends without coming there. */
async function reached(
  world: FaultLab,
  paused: LabHost,
  source: LabHost,
  point: string,
  id: string,
): Promise<boolean> {
  const deadline = performance.now() + moveMsMax;
  while (performance.now() < deadline) {
    const { endedAt } = await source.api("GET /v1/migrations/{id}", { params: { id } });
    const isOver = endedAt !== null && world.openJournals(paused).length === 0;
    const { faults } = await paused.api("GET /v1/faults");
    if (faults.some((fault) => fault.point === point && fault.state === "struck")) return true;
    if (isOver) return false;
    await sleep(lookMs);
  }
  throw new Error(`the move neither came to ${point} nor ended`);
}

export async function isUp(host: LabHost): Promise<boolean> {
  return (await host.agent.pid()) !== undefined;
}

async function moveAndFinish(world: FaultLab, from: LabHost): Promise<void> {
  const id = await startMove(world, from, world.other(from));
  const deadline = performance.now() + moveMsMax;
  for (;;) {
    const record = await from.api("GET /v1/migrations/{id}", { params: { id } });
    if (record.state === "completed") return;
    if (record.endedAt !== null) {
      throw new Error(`the next move ${record.state}: ${record.error?.message}`);
    }
    if (performance.now() > deadline) throw new Error("the next move does not end");
    await sleep(lookMs);
  }
}
