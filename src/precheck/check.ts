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

/** A VM of a host of the domain, be it source, target or neither. */
export interface ElsewhereVm {
  readonly host: string;
  readonly definition: VmDefinition;
}

export interface CheckInput {
  readonly definition: VmDefinition;
  readonly vm: Pick<VmRecord, "state" | "migration" | "ownership">;
  readonly options: MigrationOptions;
  readonly source: HostFacts;
  readonly target: HostFacts;
  /** By pool: what the proof file held after the target answered, as the source reads it; null when it can't. */
  readonly answers: Readonly<Record<string, string | null>>;
  /** VMs of the domain's other hosts, as far as those answered; absent: nobody was asked. */
  readonly elsewhere?: readonly ElsewhereVm[];
  /** Whether frames were sent out of the source's bridges while the target looked for them. */
  readonly probesSent?: boolean;
}

/** One trouble a check found; several are possible, for instance one a disk. */
export interface Trouble {
  readonly on: "source" | "target";
  /** Absent: the record's. Never graver than the record says. */
  readonly severity?: Check["severity"];
  readonly message: string;
  /** Absent: the record's; better with the names of the things at hand. */
  readonly remedy?: string;
}

/** A record of the list in checks.ts. */
export interface Check {
  /** Stable: scripts know it. */
  readonly id: string;
  /** What is true when the check passes. */
  readonly title: string;
  /** What is looked at, on which host, and what it is held against. */
  readonly compares: string;
  /** The gravest that it finds. */
  readonly severity: "warning" | "blocking";
  /** What mends it, in general. */
  readonly remedy: string;
  /** Pure: everything it needs is in the facts. Empty when the check passes. */
  look(input: CheckInput): readonly Trouble[];
}
