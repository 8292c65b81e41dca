/** What the demo says about its moves. Pure. */
import { formatBytes } from "../src/base/format.ts";
import type { MigrationRecord } from "../src/migration/record.ts";
import { type ClientReport, toTenths } from "./client/report.ts";

export interface MoveOutcome {
  readonly target: string;
  /** Of the command `ferry move`. */
  readonly exitCode: number;
  readonly client: ClientReport;
  /** The source's record; undefined when the move was not even started. */
  readonly record: MigrationRecord | undefined;
}

/** Everything a user would have noticed: failed requests, broken connections, lines lost or seen twice. */
export function clientErrors({ counter, redis, http }: ClientReport): number {
  const stream = (counter?.errors ?? 0) + (counter?.lost ?? 0) + (counter?.duplicates ?? 0);
  return stream + (redis?.errors ?? 0) + (http?.errors ?? 0);
}

/** The line that `--json` ends with. `withDisk`: the disk moved along. */
export function demoLine(
  vm: string,
  { record, target, client }: MoveOutcome,
  withDisk: boolean,
): object {
  return {
    result: record?.state ?? "failed",
    vm,
    source: record?.source ?? null,
    target: record?.target ?? target,
    totalMs: record === undefined ? null : totalMs(record),
    blackoutMs: blackoutMs(record),
    clientGapMs: client.counter?.gapMsMax ?? null,
    bytesOnWire: record?.wireBytes ?? null,
    ...(withDisk ? { diskBytes: record?.diskBytes ?? null } : {}),
    rounds: record?.rounds.length ?? null,
    clientErrors: clientErrors(client),
  };
}

export function moveReport(moves: readonly MoveOutcome[], quietGapMs: number): string[] {
  const rows: Array<[string, (move: MoveOutcome) => string]> = [
    ["Move", ({ record, target }) => `${record?.source ?? "?"} to ${target}`],
    ["Result", ({ record }) => record?.state ?? "not started"],
    ["Total time", ({ record }) => (record === undefined ? "-" : `${totalMs(record)} ms`)],
    ["Blackout", ({ record }) => `${blackoutMs(record) ?? "-"} ms`],
    ["Longest client gap", ({ client }) => `${client.counter?.gapMsMax ?? "-"} ms`],
    [
      "Bytes on the wire",
      ({ record }) => (record === undefined ? "-" : formatBytes(record.wireBytes)),
    ],
    ["Rounds", ({ record }) => String(record?.rounds.length ?? "-")],
    ["Requests", ({ client }) => `${(client.redis?.requests ?? 0) + (client.http?.requests ?? 0)}`],
    [
      "Requests failed",
      ({ client }) => `${(client.redis?.errors ?? 0) + (client.http?.errors ?? 0)}`,
    ],
  ];
  const table = rows.map(([title, cell]) => {
    return `${title.padEnd(18)} ${moves.map((move) => cell(move).padEnd(20)).join("")}`.trimEnd();
  });
  return [...table, `Without a move     ${quietGapMs} ms was the longest gap the client saw`];
}

function totalMs({ startedAt, requestedAt, endedAt }: MigrationRecord): number | null {
  return endedAt === null ? null : Math.round(endedAt - (startedAt ?? requestedAt));
}

function blackoutMs(record: MigrationRecord | undefined): number | null {
  const blackout = record?.blackout ?? null;
  return blackout === null ? null : toTenths(blackout.totalMs);
}
