/** What migrations are made of, given once by the agent (src/agent/wire.ts). */
import type { DatabaseSync } from "node:sqlite";
import type { Log } from "../base/log.ts";
import type { Switches } from "../network/switches.ts";
import type { LocalVms } from "../vm/local-vms.ts";
import type { SerialLogs } from "../vm/serial-logs.ts";
import type { Faults } from "./faults.ts";
import type { MoveLimits } from "./limits.ts";
import type { OwnerAuthority } from "./ownership.ts";
import type { PeerLink } from "./peer-link.ts";
import type { MigrationRecord } from "./record.ts";

export interface MigrationsParts {
  readonly database: DatabaseSync;
  readonly log: Log;
  /** This host's name. */
  readonly host: string;
  readonly vms: LocalVms;
  readonly switches: Switches;
  /** Absent: serial ports are not listened to. */
  readonly serialLogs?: SerialLogs;
  readonly peers: PeerLink;
  /** Default: the journals alone. */
  readonly owners?: OwnerAuthority;
  /** This host's addresses for RDMA in its migration networks, as `10.1.0.5/24`, the best first; absent: none. */
  readonly rdmaAddresses?: () => Promise<readonly string[]>;
  readonly faults: Faults;
  /** Read anew at every use: host settings and the time of day are in it. */
  readonly limits: MoveLimits;
  /** Called on every change of a record, many times a second while memory moves. */
  readonly publish: (record: MigrationRecord) => void;
}
