/**
 * Going on where an earlier attempt stopped (docs/decisions/0052): the target looks through what it kept of each disk and
 * tells the digests of its blocks; what the source then has in common crosses as references. Both halves.
 */
import {
  blockDigestsMax,
  type KeptBlocks,
  type ScannedBlock,
  scanBlocks,
} from "../disk-stream/kept-blocks.ts";
import type { SourceMove, TargetMove } from "./stage.ts";
import { sessionOf } from "./past-setup.ts";

/** Target: tells of every disk what is kept of it; nothing is as good. */
export async function tellKept(move: TargetMove): Promise<Map<string, KeptBlocks>> {
  const { session, vms, definition, signal } = move;
  const kept = new Map<string, KeptBlocks>();
  const partials = vms.pools.partialDisks.list(definition.id);
  for (const disk of move.disks) {
    const partial = partials.findLast((one) => one.disk === disk);
    const digests: Buffer[] = [];
    const blocks: number[] = [];
    if (partial !== undefined) {
      const path = await vms.pathOf(partial);
      for await (const some of inHandfuls(scanBlocks(path, signal))) {
        const told = Buffer.concat(some.map(({ digest }) => digest));
        session.send({ type: "kept", disk, digests: told.toString("base64"), last: false });
        digests.push(told);
        for (const { block } of some) blocks.push(block);
      }
      kept.set(disk, { path, digests: Buffer.concat(digests), blocks: Uint32Array.from(blocks) });
      move.log.info({ disk, blocks: blocks.length }, "an earlier attempt's disk is at hand");
    }
    session.send({ type: "kept", disk, digests: "", last: true });
  }
  return kept;
}

/** Source: the digests of what is kept of each disk, one after the other. */
export async function hearKept(move: SourceMove): Promise<Map<string, Uint8Array>> {
  const heard = new Map<string, Uint8Array>();
  for (const disk of move.disks) {
    const digests: Buffer[] = [];
    for (;;) {
      // However long the target looks; the session's end ends it.
      const message = await sessionOf(move).receive("kept", { signal: move.signal });
      digests.push(Buffer.from(message.digests, "base64"));
      if (message.last) break;
    }
    heard.set(disk, Buffer.concat(digests));
  }
  return heard;
}

async function* inHandfuls(
  blocks: AsyncIterable<ScannedBlock>,
): AsyncGenerator<ScannedBlock[], void, void> {
  let some: ScannedBlock[] = [];
  for await (const block of blocks) {
    some.push(block);
    if (some.length < blockDigestsMax) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}
