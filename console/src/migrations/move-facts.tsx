/** What was asked for, by whom, and what crossed the network for it. */
import { comparisonWords } from "../../../src/migration/comparison-words.ts";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { remedyHere } from "../wizard/remedy-here.ts";
import { Facts } from "../parts/facts.tsx";
import { Panel } from "../parts/panel.tsx";
import { bytes, rate, time } from "../preferences/format.ts";

export function MoveFacts({ move }: { readonly move: MigrationRecord }) {
  const { options, diskBytes } = move;
  const { guestBytes, wireBytes } = volumesOf(move);
  const limit = options.bandwidthBytesPerSecond;
  const facts: [string, string][] = [
    ["Asked for by", `${move.requestedBy}, ${time(move.requestedAt)}`],
    ["Performance", options.performance ?? "As the host's settings say"],
    ["Memory", `${bytes(guestBytes)} of the guest, ${bytes(wireBytes)} on the wire`],
  ];
  if (wireBytes > 0 && guestBytes > wireBytes && diskBytes === 0) {
    facts.push(["Saved", `${Math.round((1 - wireBytes / guestBytes) * 100)} % by compression`]);
  }
  if (diskBytes > 0) facts.push(["Disks", bytes(diskBytes)]);
  if (limit !== undefined) facts.push(["Bandwidth at most", rate(limit)]);
  if (options.blackoutMsMax !== undefined) {
    facts.push(["Blackout at most", `${options.blackoutMsMax} ms`]);
  }
  const compared = comparisonWords(move);
  if (compared !== undefined) facts.push(["Memory compared", remedyHere(compared)]);
  facts.push(["Id", move.id]);
  return (
    <Panel title="About this move">
      <Facts facts={facts} />
    </Panel>
  );
}

/** The record's own are written at the end; until then the latest progress has them. */
function volumesOf({ endedAt, progress, guestBytes, wireBytes }: MigrationRecord) {
  if (endedAt !== null || progress === null) return { guestBytes, wireBytes };
  return { guestBytes: progress.transferredBytes, wireBytes: progress.wireBytes };
}
