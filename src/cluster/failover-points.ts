/** Every point of a failover at which a fault can be armed (src/migration/faults.ts): around each record that is written. Pure. */

/** Who writes it: whoever coordinates, the host that gets the VM, and the host that was dead. */
const records = {
  /** That a host is dead; that another host gets its VM: both in etcd. */
  coordinator: ["declare", "give"],
  /** That the VM is this host's, in its registry; the start; that it runs, in etcd. */
  heir: ["take", "start", "write"],
  /** Its new incarnation, in etcd; the end of the copy that another host has now. */
  returning: ["come-back", "give-up"],
} as const;

export const failoverPoints: readonly string[] = Object.entries(records).flatMap(([who, what]) =>
  what.flatMap((record) => [`${who}:${record}:before`, `${who}:${record}:after`]),
);
