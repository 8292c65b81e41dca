/**
 * Whether bridges of two hosts are one network segment: one host sends a frame out of its bridges, the other looks whether it
 * arrives at its own. The frame has an EtherType that nothing else understands and the bridge's own address as sender, so that
 * no switch learns anything from it that it did not know.
 */
import { setTimeout as delay } from "node:timers/promises";
import { findLink } from "./ip.ts";
import { openPacketListener, openPacketSocket } from "./packet-socket.ts";
import { nonceOf, probeEtherType, probeFrame } from "./probe-frame.ts";

/** The target waits for one of them while a person waits for the move. */
const repeatMs = 15;
/** Frames that have not come by now do not come: many a second are sent, be the source ever so busy. */
const waitMs = 1500;
const lookEveryMs = 5;

interface Probing extends AsyncDisposable {}

/** Sends until it is disposed of. Bridges that are not there are left out. @throws FerryError `unsupported` without FFI. */
export async function sendProbes(bridges: readonly string[], nonce: string): Promise<Probing> {
  const links = await linksOf(bridges);
  const stop = new AbortController();
  const sending = send(links, nonce, stop.signal);
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await sending;
    },
  };
}

/**
 * Which of the bridges see frames with the nonce. Resolves as soon as all do, at the latest when those that have not by
 * then never will.
 */
export async function awaitProbes(
  bridges: readonly string[],
  nonce: string,
): Promise<Map<string, boolean>> {
  const links = await linksOf(bridges);
  const seen = new Map(links.map(({ name }) => [name, false]));
  using socket = await openPacketListener(probeEtherType);
  const deadline = performance.now() + waitMs;
  while ([...seen.values()].includes(false) && performance.now() < deadline) {
    for (let got = socket.receive(); got !== undefined; got = socket.receive()) {
      const { deviceIndex, frame } = got;
      const link = links.find(({ index }) => index === deviceIndex);
      if (link !== undefined && nonceOf(frame) === nonce) seen.set(link.name, true);
    }
    await delay(lookEveryMs);
  }
  return seen;
}

async function send(
  links: readonly { index: number; address: string }[],
  nonce: string,
  signal: AbortSignal,
): Promise<void> {
  using socket = await openPacketSocket();
  while (!signal.aborted) {
    for (const { index, address } of links) socket.send(index, probeFrame(address, nonce));
    await delay(repeatMs, undefined, { signal }).catch(() => undefined);
  }
}

async function linksOf(bridges: readonly string[]) {
  const links = await Promise.all([...new Set(bridges)].map((bridge) => findLink(bridge)));
  return links.filter((link) => link !== undefined);
}
