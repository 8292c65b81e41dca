/** What is told of a move while it runs. Milliseconds since the epoch, milliseconds, bytes, bytes per second. */
import Type from "typebox";
import { since } from "../protocol/since.ts";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Milliseconds = Type.Number({ minimum: 0 });
const Bytes = Type.Integer({ minimum: 0 });

const NetworkShare = Type.Object({ address: Type.String(), wireBytes: Bytes });

/** A snapshot of a running move, refreshed several times a second. */
export const Progress = Type.Object({
  at: Milliseconds,
  round: Type.Integer({ minimum: 0 }),
  totalBytes: Bytes,
  transferredBytes: Bytes,
  remainingBytes: Bytes,
  /** Never falls while a stage list is walked forward; 100 only when the guest runs on the target. */
  percent: Type.Number({ minimum: 0, maximum: 100 }),
  rateBytesPerSecond: Type.Number({ minimum: 0 }),
  dirtyBytesPerSecond: Type.Number({ minimum: 0 }),
  expectedBlackoutMs: nullable(Milliseconds),
  /** Null while no time can be promised. */
  remainingMs: nullable(Milliseconds),
  /** `remainingMs` may be off by this much either way, judged by how steady the rates are; null with it. */
  remainingMsUncertainty: nullable(Milliseconds),
  wireBytes: Bytes,
  /** The same by the target's addresses that it went to, one in each network. */
  networks: Type.Optional(since(3, Type.Array(NetworkShare))),
  throttlePercent: Type.Integer({ minimum: 0, maximum: 99 }),
});
export type Progress = Type.Static<typeof Progress>;
