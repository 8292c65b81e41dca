/** What a host says about memory and processors for one more guest: part of facts.ts. */
import Type from "typebox";

const Bytes = Type.Integer({ minimum: 0 });

export const CapacityFacts = Type.Object({
  /** Where guests' memory lives (`paths.memory`). */
  memoryPlace: Type.Object({
    path: Type.String({ maxLength: 4096 }),
    totalBytes: Bytes,
    /** To guests that run here and that are coming, the VM itself left out. */
    promisedBytes: Bytes,
    /** The tmpfs' option `huge`: `never`, `always`, `within_size` or `advise`. */
    hugePages: Type.String({ maxLength: 32 }),
  }),
  /** Its NUMA nodes; `freeBytes` is free or can be had by giving up cached files. */
  nodes: Type.Array(Type.Object({ totalBytes: Bytes, freeBytes: Bytes }), { maxItems: 1024 }),
  /** Logical processors. */
  threads: Type.Integer({ minimum: 1 }),
  /** vCPUs of guests that run here and that are coming, the VM itself left out. */
  busyVcpus: Type.Integer({ minimum: 0 }),
});
export type CapacityFacts = Type.Static<typeof CapacityFacts>;
