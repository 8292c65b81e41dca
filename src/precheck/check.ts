/** What a check is, and what it finds. */
import type { MigrationOptions } from "../migration/record.ts";
import type { VmDefinition } from "../vm/definition.ts";
import type { VmRecord } from "../vm/vm-host.ts";
import type { HostFacts } from "./facts.ts";

export type Severity = "passed" | "warning" | "blocking";

export interface Finding {
  readonly check: string;
  readonly severity: Severity;
  /** The host that has to be mended. */
  readonly host: string;
  /** What is there against what is needed. */
  readonly message: string;
  readonly remedy: string | null;
}

export interface CheckInput {
  readonly definition: VmDefinition;
  readonly vm: Pick<VmRecord, "state" | "migration" | "ownership">;
  readonly options: MigrationOptions;
  readonly source: HostFacts;
  readonly target: HostFacts;
  /** By pool: what the proof file held after the target answered, as the source reads it; null when it can't. */
  readonly answers: Readonly<Record<string, string | null>>;
}

/** One trouble a check found; several are possible, for instance one a disk. */
export interface Trouble {
  readonly on: "source" | "target";
  readonly severity: "warning" | "blocking";
  readonly message: string;
  readonly remedy: string;
}

/** A record of the list in checks.ts. `look` is pure: everything it needs is in the facts. */
export interface Check {
  readonly id: string;
  readonly title: string;
  look(input: CheckInput): readonly Trouble[];
}
