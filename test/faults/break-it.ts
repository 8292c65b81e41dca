/** What breaks in a case, for how long, what must hold meanwhile, and how it is mended. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LabHost } from "../../lab/lab-host.ts";
import type { Breakage } from "./cases.ts";
import type { FaultLab } from "./fault-lab.ts";

const blipMs = 1_000;
const slowMs = 1_500;
/** Until both hosts must have decided alone, and the guest must run where it belongs although the other host is out of reach. */
const runsMsMax = 40_000;

export interface MoveUnderTest {
  readonly source: LabHost;
  readonly target: LabHost;
  readonly migration: string;
}

export interface Broken {
  /** False when there was nothing to break: no QEMU yet, or no more. */
  readonly struck: boolean;
  readonly wrong: string[];
  /** Lets the time pass for which it stays broken. */
  endures(move: MoveUnderTest): Promise<void>;
  mend(): Promise<void>;
}

type Breaker = (world: FaultLab, victim: LabHost) => Promise<Broken>;

export async function breakIt(
  world: FaultLab,
  breakage: Breakage,
  victim: LabHost,
): Promise<Broken> {
  return await breakers[breakage](world, victim);
}

const nothing = async (): Promise<void> => {};

const breakers: Readonly<Record<Breakage, Breaker>> = {
  agent: async (_world, victim) => {
    await victim.agent.stop("SIGKILL");
    return { ...{ struck: true, wrong: [], endures: nothing }, mend: () => victim.agent.start() };
  },
  qemu: async (world, victim) => {
    const struck = await world.killQemu(victim);
    return { ...{ struck, wrong: [], endures: nothing, mend: nothing } };
  },
  host: async (world, victim) => {
    await world.losePower(victim);
    return { ...{ struck: true, wrong: [], endures: nothing }, mend: () => victim.agent.start() };
  },
  "link-blip": async (world, victim) => {
    const wire = world.lab.wire(`${victim.name}.lan`);
    await wire.cut();
    return {
      ...{ struck: true, wrong: [] },
      endures: () => sleep(blipMs),
      mend: () => wire.restore(),
    };
  },
  "link-cut": async (world, victim) => {
    const wire = world.lab.wire(`${victim.name}.lan`);
    await wire.cut();
    const wrong: string[] = [];
    return {
      ...{ struck: true, wrong },
      endures: async (move) => {
        wrong.push(...(await decidedAlone(world, move)));
        wrong.push(...(await runsWhereItBelongs(world, move)));
      },
      mend: () => wire.restore(),
    };
  },
  "disk-full": async (world, victim) => {
    const disk = world.disk(victim);
    await disk.fill();
    const wrong: string[] = [];
    return {
      ...{ struck: true, wrong },
      endures: async (move) => {
        await sleep(slowMs);
        wrong.push(...(await runsWhereItBelongs(world, move)));
      },
      mend: () => disk.makeRoom(),
    };
  },
  "disk-slow": async (world, victim) => {
    const disk = world.disk(victim);
    await disk.freeze();
    // By itself: an agent that waits for its disk answers nobody, not even whoever would thaw it.
    const thawed = sleep(slowMs).then(() => disk.thaw());
    return {
      ...{ struck: true, wrong: [] },
      endures: () => thawed,
      mend: nothing,
    };
  },
};

/** Neither host hears of the other any more: the source rolled back or had handed over, the target gave up or had all it needs. */
async function decidedAlone(world: FaultLab, move: MoveUnderTest): Promise<string[]> {
  const deadline = performance.now() + runsMsMax;
  for (;;) {
    const there = world.journal(move.target, move.migration);
    const here = world.journal(move.source, move.migration);
    const decided = ["rolled-back", "handed-over"].some((kind) => here.includes(kind));
    const settledThere = ["discarded", "ready"].some((kind) => there.includes(kind));
    if (decided && (there.length === 0 || settledThere)) return [];
    if (performance.now() > deadline) {
      return [`undecided while the link is cut: ${here.join(" ")} | ${there.join(" ")}`];
    }
    await sleep(100);
  }
}

/** Nothing handed over: the guest runs on the source, without the other host's help. Handed over: it does not run there. */
async function runsWhereItBelongs(world: FaultLab, move: MoveUnderTest): Promise<string[]> {
  const deadline = performance.now() + runsMsMax;
  for (;;) {
    const handedOver = world.journal(move.source, move.migration).includes("handed-over");
    const onSource = (await world.runs.states(move.source)).includes("running");
    if (onSource !== handedOver) return [];
    if (performance.now() > deadline) {
      return [
        handedOver ? "the source runs what it handed over" : "the guest stands still on the source",
      ];
    }
    await sleep(100);
  }
}
