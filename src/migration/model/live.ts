/** What two agents do in a move that goes on, step by step, and what they do when it fails. Pure. */
import { put, send, type World } from "./state.ts";

export interface Step {
  readonly name: string;
  readonly next: World;
}

/** Source and target, before anything crashed. Each step is one durable or one visible act. */
export function liveSteps(world: World): Step[] {
  return [...sourceSteps(world), ...targetSteps(world)];
}

function sourceSteps(world: World): Step[] {
  const { source, target, messages } = world;
  const steps: Step[] = [];
  const add = (name: string, next: World): void =>
    void steps.push({ name: `source ${name}`, next });
  switch (source.phase) {
    case "sending":
      if (target.phase === "loading" && source.qemu === "running") {
        add("QEMU stops the guest", put(world, "source", { phase: "stopped", qemu: "paused" }));
      }
      break;
    case "stopped":
      // A QEMU that went on by itself has failed its migration: SHUT is refused, and the move rolls back.
      if (messages.includes("ready") && source.qemu === "paused") {
        add("lets SHUT through", put(world, "source", { phase: "sealed", sealed: true }));
      }
      break;
    case "sealed":
      add("writes handed-over", put(world, "source", { phase: "handed", journal: "handed-over" }));
      break;
    case "handed":
      add("says take", send(put(world, "source", { phase: "awaiting" }), "take"));
      break;
    case "awaiting":
      if (messages.includes("taken")) {
        add("writes taken", put(world, "source", { phase: "cleaning", journal: "taken" }));
      }
      add("hears nothing", put(world, "source", { phase: "looking" }));
      break;
    case "cleaning":
      add(
        source.qemu === "none" ? "closes" : "removes its copy",
        source.qemu === "none"
          ? put(world, "source", { phase: "done", closed: true })
          : put(world, "source", { qemu: "none" }),
      );
      break;
    case "undoing":
      if (source.qemu === "paused") {
        add("lets the guest run", put(world, "source", { qemu: "running", sealed: false }));
      } else {
        add("closes", send(put(world, "source", { phase: "done", closed: true }), "off"));
      }
      break;
    default: // not in the live move
  }
  if (source.phase === "sending" || source.phase === "stopped" || source.phase === "sealed") {
    add("gives up", put(world, "source", { phase: "undoing", journal: "rolled-back" }));
  }
  return steps;
}

function targetSteps(world: World): Step[] {
  const { source, target, messages } = world;
  const steps: Step[] = [];
  const add = (name: string, next: World): void =>
    void steps.push({ name: `target ${name}`, next });
  switch (target.phase) {
    case "idle":
      if (source.phase === "sending" && target.journal === null) {
        add("accepts", put(world, "target", { phase: "preparing", journal: "accepted" }));
      }
      break;
    case "preparing":
      add("starts a skeleton", put(world, "target", { phase: "loading", qemu: "incoming" }));
      break;
    case "loading":
      if (source.phase === "stopped" && source.qemu === "paused" && target.qemu === "incoming") {
        add("has loaded", put(world, "target", { phase: "loaded", qemu: "paused" }));
      }
      break;
    case "loaded":
      add("writes ready", put(world, "target", { phase: "ready", journal: "ready" }));
      break;
    case "ready":
      if (messages.includes("take")) {
        add("writes owner", put(world, "target", { phase: "owning", journal: "owner" }));
      }
      add("says ready", send(world, "ready"));
      add("hears nothing", put(world, "target", { phase: "looking" }));
      break;
    case "owning":
      if (target.qemu === "paused") {
        add("lets the guest run", put(world, "target", { phase: "ending", qemu: "running" }));
      } else add("finds no QEMU", put(world, "target", { phase: "looking" }));
      break;
    case "ending":
      add("closes", send(put(world, "target", { phase: "done", closed: true }), "taken"));
      break;
    default: // not in the live move
  }
  if (["preparing", "loading", "loaded"].includes(target.phase)) {
    const gone = put(world, "target", { phase: "looking", qemu: "none", journal: "discarded" });
    add("gives up", gone);
  }
  return steps;
}
