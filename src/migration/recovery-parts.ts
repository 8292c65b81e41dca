/** What settling open migrations is made of, and what is known of one from its journal. */
import type { FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Switches } from "../network/switches.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { Faults } from "./faults.ts";
import type { Journal } from "./journal.ts";
import type { JournalEntry } from "./journal-record.ts";
import type { MoveLimits } from "./limits.ts";
import type { OwnerAuthority, OwnerQuestion } from "./ownership.ts";
import type { PeerLink } from "./peer-link.ts";

export interface RecoveryParts {
  readonly log: Log;
  /** This host's name. */
  readonly host: string;
  readonly vms: LocalVms;
  readonly switches: Switches;
  readonly peers: PeerLink;
  readonly owners: OwnerAuthority;
  readonly limits: MoveLimits;
  readonly journal: Journal;
  readonly faults: Faults;
  readonly stopping: AbortSignal;
  /** Writes the outcome into the history. May be repeated. */
  readonly ended: (
    id: string,
    outcome: "completed" | "failed" | "unresolved",
    why?: FerryError,
  ) => void;
}

/** Who is involved in a migration, from its first record. */
export interface OpenMigration extends OwnerQuestion {
  readonly id: string;
  /** This host's part. */
  readonly role: "source" | "target";
  readonly peer: string;
  /** Whether the guest ran when the move began. */
  readonly run: boolean;
}

/** Undefined for a journal that says nothing of it. `host`: this one, for who asks the owner's record. */
export function openMigration(
  entries: readonly JournalEntry[],
  host = "",
): OpenMigration | undefined {
  const first = entries[0];
  if (first === undefined) return undefined;
  const { record, migration: id } = first;
  if (record.kind === "begun") {
    const { vm, peer, generation, ran: run } = record;
    return { id, vm, peer, generation, run, role: "source", source: host, target: peer };
  }
  if (record.kind === "accepted") {
    const { vm, peer, generation, run, passage } = record;
    return { id, vm, peer, generation, run, passage, role: "target", source: peer, target: host };
  }
  return undefined;
}
