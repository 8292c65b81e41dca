/** What an encoder did so far: for the record of the migration, metrics and logs. */
import type { Compression } from "./compression-level.ts";

export interface EncoderStats {
  /** Empty pages, sent as runs. */
  pagesZero: number;
  /** Pages sent whole. */
  pagesWhole: number;
  /** Pages sent as the difference to the version the target held. */
  pagesDelta: number;
  /** Pages of which the target held the content under another number. */
  pagesReference: number;
  /** Pages that QEMU sent again although the target held that very content: not sent. */
  pagesUnchanged: number;
  /** Bytes of QEMU's stream taken in. */
  bytesIn: number;
  /** Bytes of batches sent, headers included; bytesIn ÷ bytesOut is the ratio. */
  bytesOut: number;
  batches: number;
  /** Batches sent as they were, for lack of anything to gain. */
  batchesRaw: number;
  /** Time that compression jobs took, summed over jobs, in milliseconds. */
  compressMs: number;
  compression: Compression;
  /** Memory ended as expected: the devices' state follows. */
  memoryEnded: boolean;
  /** Why pages are no longer told apart, if they are not. */
  notUnderstood: string | undefined;
}

export function noEncoderStats(): EncoderStats {
  return {
    pagesZero: 0,
    pagesWhole: 0,
    pagesDelta: 0,
    pagesReference: 0,
    pagesUnchanged: 0,
    bytesIn: 0,
    bytesOut: 0,
    batches: 0,
    batchesRaw: 0,
    compressMs: 0,
    compression: 1,
    memoryEnded: false,
    notUnderstood: undefined,
  };
}
