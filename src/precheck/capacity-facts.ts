/** What a host says about memory and processors for one more guest: part of facts.ts. */
import Type from "typebox";

const Bytes = Type.Integer({ minimum: 0 });

export const CapacityFacts = Type.Object({
  /** Where guests' memory is. Agents of before had it in a tmpfs: its directory, its size, its option `huge`. */
  memoryPlace: Type.Object({
    path: Type.String({ maxLength: 4096 }),
    /** That guests may have together. */
    totalBytes: Bytes,
    /** To guests that run here and that are coming, the VM itself left out. */
    promisedBytes: Bytes,
    /** When guests have huge pages: `never`, or the kernel's word for when they do. */
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
