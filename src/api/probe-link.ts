/**
 * Measures the way to a target for a second at most: round trips, then a few MiB over each address that a move would use. The
 * target says how fast the later half arrived, since the first is carried by what buffers hold.
 */
import { Readable } from "node:stream";
import Type from "typebox";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import type { LinkFacts } from "../precheck/prediction.ts";
import { readAnswer } from "./answer.ts";
import type { PeerClient } from "./peer-client.ts";
import type { PeerAddress } from "./peer-directory.ts";

/** Beyond these a probe ends, whichever comes first. */
export const probeBytesMax = 8 * 1024 * 1024;
const probeMsMax = 300;
const chunk = Buffer.alloc(64 * 1024);
const roundTrips = 3;

export const ProbeAnswer = Type.Object(
  {
    bytes: Type.Integer({ minimum: 0 }),
    bytesPerSecond: Type.Number({ minimum: 0 }),
  },
  { $id: "PeerProbeAnswer" },
);
export type ProbeAnswer = Type.Static<typeof ProbeAnswer>;

/** @throws FerryError `unreachable`, `timeout`, `peer-refused`; `not-found` from an agent before protocol version 3. */
export async function probeLink(
  peers: PeerClient,
  peer: PeerAddress,
  addresses: readonly string[],
): Promise<LinkFacts> {
  let bytesPerSecond = 0;
  let roundTripMs = Infinity;
  for (const address of addresses) {
    const there = { ...peer, address };
    for (let count = 0; count <= roundTrips; count++) {
      const begun = performance.now();
      await readAnswer(await peers.open(there, { method: "GET", path: "/health" }));
      // The first one connects.
      if (count > 0) roundTripMs = Math.min(roundTripMs, performance.now() - begun);
    }
    const body = Readable.from(chunks(), { objectMode: false });
    const question = { method: "POST", path: "/v1/peer/probe", stream: body };
    const answer = await readAnswer(await peers.open(there, question));
    if (!Value.Check(ProbeAnswer, answer))
      throw new FerryError("peer-protocol", "No probe's answer");
    bytesPerSecond += answer.bytesPerSecond;
  }
  return { addresses: [...addresses], bytesPerSecond, roundTripMs };
}

function* chunks(): Generator<Buffer> {
  const deadline = performance.now() + probeMsMax;
  for (let sent = 0; sent < probeBytesMax && performance.now() < deadline; sent += chunk.length) {
    yield chunk;
  }
}

/** The target's half: reads to the end, and says how fast the later half came. */
export async function receiveProbe(stream: AsyncIterable<Buffer>): Promise<ProbeAnswer> {
  const arrivals: { readonly atMs: number; readonly bytes: number }[] = [];
  let bytes = 0;
  for await (const piece of stream) {
    bytes += piece.length;
    if (bytes > probeBytesMax) throw new FerryError("bad-input", "Cannot take so large a probe");
    arrivals.push({ atMs: performance.now(), bytes });
  }
  const half = arrivals.find((arrival) => arrival.bytes >= bytes / 2);
  const last = arrivals.at(-1);
  const elapsedMs = (last?.atMs ?? 0) - (half?.atMs ?? 0);
  if (last === undefined || half === undefined) return { bytes, bytesPerSecond: 0 };
  // All of it at once: faster than can be measured with so little.
  const perMs = (last.bytes - half.bytes) / Math.max(elapsedMs, 0.5);
  return { bytes, bytesPerSecond: perMs * 1000 };
}
