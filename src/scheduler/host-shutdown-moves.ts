/** The moves of a host that is shut down: waits for them, sends on what comes meanwhile, and ends those that take too long. */
import { setTimeout as sleep } from "node:timers/promises";
import type { HostShutdownParts } from "./host-shutdown-parts.ts";
import { nextStep, policyOf } from "./host-shutdown-plan.ts";
import type { ShutdownState } from "./host-shutdown-state.ts";

/** Nobody waits for the end of the last move more closely. */
const lookEveryMs = 250;

/** Null when the shutdown was given up, or this agent stops. */
export type GoingOn = () => ShutdownState | null;

/** Until nothing moves any more, or the time for moves is over. */
export async function awaitMoves(parts: HostShutdownParts, goingOn: GoingOn): Promise<void> {
  const { drain, now, log } = parts;
  for (;;) {
    const state = goingOn();
    if (state === null || now() >= state.movesUntil) return;
    if (isMoving(parts)) {
      await sleep(lookEveryMs);
      continue;
    }
    const late = latecomers(parts, state);
    if (late.length === 0) return;
    log.info({ vms: late }, "VMs that came meanwhile go on to other hosts");
    const { moves } = await drain.plan(undefined, state.withStorage, {
      wanted: ({ definition }) => late.includes(definition.id),
      until: state.movesUntil,
    });
    if (moves.length === 0) return;
    const confirmed = moves.map(({ vm, target }) => ({ vm: vm.id, target }));
    await drain.begin(confirmed, state.withStorage, state.requestedBy);
  }
}

/** What has not left by now stays. */
export async function endMoves(parts: HostShutdownParts, goingOn: GoingOn): Promise<void> {
  const { migrations, scheduler, drain } = parts;
  const waiting = (drain.state?.moves ?? [])
    .map(({ migration }) => migration)
    .filter((id) => migrations.find(id)?.endedAt === null);
  const running = migrations.running("source").map(({ id }) => id);
  const ending = [...new Set([...waiting, ...running])].map(async (id) => {
    // One that can't be cancelled any more is about to be over.
    if (goingOn() !== null) await scheduler.cancel(id).catch(() => undefined);
  });
  await Promise.all(ending);
}

function isMoving({ drain, migrations }: HostShutdownParts): boolean {
  const asked = drain.state?.moves ?? [];
  return (
    migrations.running("source").length > 0 ||
    migrations.running("target").length > 0 ||
    asked.some(({ migration }) => migrations.find(migration)?.endedAt === null)
  );
}

/** VMs that came by a move which had begun before the host was closed, and that nobody has tried to move on yet. */
function latecomers(parts: HostShutdownParts, state: ShutdownState): string[] {
  const { drain, vms, migrations } = parts;
  const { moves = [], refused = [] } = drain.state ?? {};
  const tried = new Set([...moves, ...refused].map(({ vm }) => vm.id));
  return vms.list().flatMap((vm) => {
    const { id } = vm.definition;
    const [last] = migrations.list({ vm: id, limit: 1 });
    const came = last?.role === "target" && (last.endedAt ?? 0) >= state.since;
    const policy = policyOf(vm, state.policy, state.ownPolicies);
    const shallMove = policy === "move" && nextStep(vm, policy) !== "none";
    return came && shallMove && !tried.has(id) ? [id] : [];
  });
}
