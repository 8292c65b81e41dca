/** What an agent does about an open journal: looks, decides by the very table of the product, and acts one step at a time. Pure. */
import type { Decision, QemuStateThere, RecordThere } from "../recovery-facts.ts";
import { decideRecovery } from "../recovery.ts";
import type { Step } from "./live.ts";
import { other, put, type Role, send, type Side, type World } from "./state.ts";

export type Decide = typeof decideRecovery;

export function recoverySteps(world: World, decide: Decide): Step[] {
  return (["source", "target"] as const).flatMap((role) => stepsOf(world, role, decide));
}

/** Whether looking can do anything but come back to the same wait: only a person can end it. */
export function waitsForPerson(world: World, role: Role): boolean {
  const decision = decisionOf(world[role], tell(world, role), decideRecovery);
  return decision === "ask a person";
}

function stepsOf(world: World, role: Role, decide: Decide): Step[] {
  const side = world[role];
  const steps: Step[] = [];
  if (side.phase === "looking") {
    const seen = tell(world, role);
    steps.push({ name: `${role} asks`, next: put(world, role, { phase: "deciding", seen }) });
    const silent = { there: "silent", qemu: "unknown" } as const;
    steps.push({
      name: `${role} hears nothing`,
      next: put(world, role, { phase: "deciding", seen: silent }),
    });
    if (role === "target" && side.journal === "ready" && world.messages.includes("take")) {
      steps.push({ name: "target is told", next: put(world, role, { journal: "owner" }) });
    }
  }
  if (side.phase === "deciding" && side.seen !== null) {
    const decision = decisionOf(side, side.seen, decide);
    const acted = act(put(world, role, { phase: "looking", seen: null }), role, decision);
    steps.push({ name: `${role}: ${decision}`, next: acted });
  }
  return steps;
}

function decisionOf(side: Side, seen: NonNullable<Side["seen"]>, decide: Decide): Decision {
  if (side.journal === null) return "finish";
  return decide({
    ...{ here: side.journal, qemuHere: side.qemu, owner: "journal" },
    ...{ there: seen.there, qemuThere: seen.qemu },
  }).decision;
}

/** What the other host answers now, if it answers. */
function tell(world: World, role: Role): { there: RecordThere; qemu: QemuStateThere } {
  const peer = world[other(role)];
  if (peer.phase === "down") return { there: "silent", qemu: "unknown" };
  if (peer.journal === null) return { there: "none", qemu: "none" };
  return { there: peer.journal, qemu: peer.closed ? "unknown" : peer.qemu };
}

const close = (world: World, role: Role): World =>
  put(world, role, { phase: "done", closed: true });

function act(world: World, role: Role, decision: Decision): World {
  const side = world[role];
  switch (decision) {
    case "run on source":
    case "keep on source":
      if (side.journal !== "rolled-back") return put(world, role, { journal: "rolled-back" });
      if (side.qemu === "paused") return put(world, role, { qemu: "running", sealed: false });
      return send(close(world, role), "off");
    case "insist on take":
      return send(world, "take");
    case "remove the remains":
      if (side.journal !== "taken") return put(world, role, { journal: "taken" });
      return side.qemu === "none" ? close(world, role) : put(world, role, { qemu: "none" });
    case "take":
      return put(world, role, { journal: "owner" });
    case "finish on target":
      return side.qemu === "paused"
        ? put(world, role, { qemu: "running" })
        : send(close(world, role), "taken");
    case "keep on target":
      return send(close(world, role), "taken");
    case "discard":
    case "give way":
      if (side.qemu !== "none") return put(world, role, { qemu: "none" });
      return put(world, role, { journal: "discarded" });
    case "hold":
      return side.qemu === "paused"
        ? put(world, role, { qemu: "running", sealed: false })
        : disown(world, role);
    case "finish":
      return close(world, role);
    default:
      return world; // waits
  }
}

/** The other host looks again, even if its journal was closed. */
function disown(world: World, role: Role): World {
  const peer = world[other(role)];
  if (peer.phase === "down" || peer.journal === null) return world;
  return put(world, other(role), { phase: "looking", seen: null });
}
