/** What can go wrong at any moment, what comes back, and what a person may say. Pure. */
import type { Step } from "./live.ts";
import { dropFor, other, put, type Role, type World } from "./state.ts";

const roles = ["source", "target"] as const satisfies readonly Role[];

/** Crashes of an agent, a QEMU, a whole host; each costs one of the budget. */
export function faultSteps(world: World): Step[] {
  if (world.faults === 0) return [];
  const spent = { ...world, faults: world.faults - 1 };
  return roles.flatMap((role) => {
    const steps: Step[] = [];
    const { phase, qemu } = world[role];
    if (phase !== "down") {
      steps.push({ name: `${role} agent dies`, next: killAgent(spent, role) });
      const dark = put(killAgent(spent, role), role, { qemu: "none", sealed: false });
      steps.push({ name: `${role} host dies`, next: dark });
    }
    if (qemu !== "none") {
      steps.push({
        name: `${role} QEMU dies`,
        next: put(spent, role, { qemu: "none", sealed: false }),
      });
    }
    return steps;
  });
}

function killAgent(world: World, role: Role): World {
  return put(dropFor(world, role), role, { phase: "down", seen: null });
}

/** A source's QEMU whose connection breaks before SHUT lets its guest run by itself. */
export function selfResume(world: World): Step[] {
  const { source, target } = world;
  const isBroken =
    !["stopped"].includes(source.phase) || !["loading", "loaded", "ready"].includes(target.phase);
  const waits = source.qemu === "paused" && !source.sealed;
  // An agent that lives and is past this moment has its own say.
  if (!waits || !isBroken || !["down", "stopped"].includes(source.phase)) return [];
  return [
    { name: "source QEMU resumes by itself", next: put(world, "source", { qemu: "running" }) },
  ];
}

/** An agent that was down starts again. */
export function restartSteps(world: World): Step[] {
  return roles
    .filter((role) => world[role].phase === "down")
    .map((role) => {
      const { closed, journal } = world[role];
      const phase = journal === null ? "idle" : closed ? "done" : "looking";
      return { name: `${role} agent starts`, next: put(world, role, { phase }) };
    });
}

/** True words only: the other host is dark. What a false one does is the person's risk. */
export function wordSteps(world: World): Step[] {
  if (world.words === 0) return [];
  const spent = { ...world, words: world.words - 1 };
  return roles.flatMap((role) => {
    const [needed, record] =
      role === "source" ? (["handed-over", "reclaimed"] as const) : (["ready", "claimed"] as const);
    const peer = world[other(role)];
    const isDark = peer.phase === "down" && peer.qemu === "none";
    const side = world[role];
    if (!isDark || side.journal !== needed || side.phase !== "looking") return [];
    return [
      {
        name: `a person says that the ${other(role)} is dead`,
        next: put(spent, role, { journal: record }),
      },
    ];
  });
}
