/**
 * Follows one move to its end. The record is asked for several times a second rather than followed by events: one
 * question carries everything a person wants to see, works through any agent of the domain, and needs nothing to be
 * made up for after an agent was restarted.
 *
 * Ctrl-C while following what one has just asked for means "stop this" to whoever knows virsh: the first one asks to
 * cancel and says whether that is still possible, the second one leaves. Whoever only watches just leaves.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { FerryError } from "../base/errors.ts";
import type { MigrationRecord } from "../migration/record.ts";
import type { Cli } from "./cli.ts";
import type { MigrationView } from "./migration-view.ts";

const intervalMs = 250;
/** Long enough for an agent to be upgraded and started again. */
const awayMsMax = 120_000;
/** Two hosts that see each other decide within seconds; after this, a person should know. */
const unresolvedMsMax = 60_000;

export interface Watched {
  readonly record: MigrationRecord;
  /** The person left before the end; the move goes on. */
  readonly left: boolean;
}

export interface WatchOptions {
  readonly onInterrupt: "cancel" | "leave";
  readonly view: MigrationView;
}

/**
 * @throws FerryError when the agent refuses, or stays away for two minutes.
 */
export async function watchMigration(
  cli: Cli,
  first: MigrationRecord,
  { onInterrupt, view }: WatchOptions,
): Promise<Watched> {
  const left = new AbortController();
  const over = new AbortController();
  let interrupts = 0;
  const interrupt = (): void => {
    interrupts += 1;
    if (interrupts > 1 || onInterrupt === "leave") left.abort();
    else void requestCancel(cli, first, view, over.signal);
  };
  process.on("SIGINT", interrupt);
  try {
    return await follow(cli, first, view, left.signal);
  } finally {
    process.off("SIGINT", interrupt);
    over.abort();
    view.end();
  }
}

async function follow(
  cli: Cli,
  first: MigrationRecord,
  view: MigrationView,
  left: AbortSignal,
): Promise<Watched> {
  let record = first;
  let heardAt = performance.now();
  let unresolvedSince: number | undefined;
  for (;;) {
    view.show(record);
    if (record.state === "unresolved") unresolvedSince ??= performance.now();
    else unresolvedSince = undefined;
    if (isOver(record) || longAgo(unresolvedSince, unresolvedMsMax)) return { record, left: false };
    await sleep(intervalMs, undefined, { signal: left }).catch(() => {});
    if (left.aborted) return { record, left: true };
    try {
      record = await ask(cli, record, left);
      heardAt = performance.now();
    } catch (error) {
      if (left.aborted) return { record, left: true };
      if (!isAway(error) || longAgo(heardAt, awayMsMax)) throw error;
    }
  }
}

/** The source's record is the full one, whichever agent is asked. */
async function ask(cli: Cli, { id, source }: MigrationRecord, signal: AbortSignal) {
  return await cli.call("GET /v1/migrations/{id}", { params: { id }, host: source, signal });
}

/** `over`: the move ended before the agent answered; the record says how. */
async function requestCancel(
  cli: Cli,
  { id, source }: MigrationRecord,
  view: MigrationView,
  over: AbortSignal,
): Promise<void> {
  view.say("Cancelling; the VM stays where it is. Ctrl-C again leaves without waiting");
  try {
    const params = { id };
    await cli.call("POST /v1/migrations/{id}/cancel", { params, host: source, signal: over });
  } catch (error) {
    if (over.aborted) return;
    const { message } = FerryError.from(error);
    view.say(`${message}; the move goes on. Ctrl-C again leaves without waiting`);
  }
}

function isOver({ state }: MigrationRecord): boolean {
  return state === "completed" || state === "cancelled" || state === "failed";
}

/** An agent that is being restarted comes back; one that refuses does not change its mind. */
function isAway(error: unknown): boolean {
  return error instanceof FerryError && (error.code === "unreachable" || error.code === "timeout");
}

function longAgo(since: number | undefined, limitMs: number): boolean {
  return since !== undefined && performance.now() - since > limitMs;
}
