/** What the shutdown of a host stands on; the agent wires it (src/agent/scheduling.ts). */
import type { DatabaseSync } from "node:sqlite";
import type { FerryError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Migrations } from "../migration/migrations.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { Drain } from "./drain.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SettingsStore } from "./settings-store.ts";

export interface HostShutdownParts {
  readonly database: DatabaseSync;
  readonly log: Log;
  readonly host: string;
  readonly vms: LocalVms;
  readonly migrations: Migrations;
  readonly scheduler: Scheduler;
  readonly drain: Drain;
  readonly settings: SettingsStore;
  readonly cluster: {
    isClustered(id: string): boolean;
    /** Ends a guest and gives its VM back to the cluster. */
    endHere(id: string, why: FerryError, end: () => Promise<unknown>): Promise<void>;
  };
  readonly machine: {
    /** Of the running kernel. */
    bootId(): string;
    /** Why this agent can't switch its machine off, as the end of a sentence; null where it can. */
    whyNot(): string | null;
    end(how: "power-off" | "reboot"): Promise<void>;
  };
  /** Tells those who watch. */
  readonly publish: (event: "host.shutting-down", requestedBy: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
