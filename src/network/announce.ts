/**
 * Tells the switches where MAC addresses are now. Two ways, because each misses something: QEMU's own announcement
 * enters the bridge through the tap, so the local bridge learns too, but a NIC model may not support it; the host's
 * frame goes out of the bridge itself and needs nothing from QEMU. Both are repeated: a switch that has just come up
 * drops the first.
 */
import { setTimeout as delay } from "node:timers/promises";
import { errorChain } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Qmp } from "../qemu/qmp.ts";
import type { VmDefinition } from "../vm/definition.ts";
import { findLink } from "./ip.ts";
import { openPacketSocket } from "./packet-socket.ts";
import { rarpFrame } from "./rarp.ts";
import type { Switches } from "./switches.ts";

/** QEMU has announced by then. Asking the system for the bridge takes a process: not in the guest's first moments. */
const ownFramesAfterMs = 150;
/** Pauses between the rounds, growing as QEMU's do. */
const pausesMs: readonly number[] = [150, 250, 350];

interface Announcement {
  readonly deviceIndex: number;
  readonly frame: Buffer;
}

/**
 * Network-cleanup, target: QEMU's `announce-self` and the host's own RARP frames into each NIC's bridge, repeated.
 * Resolves after QEMU's first round; the host's frames and the repetitions go on by themselves. A failure is logged, not thrown:
 * the guest's own traffic repairs what an announcement would have.
 */
export async function announce(
  definition: VmDefinition,
  process: { readonly qmp: Qmp },
  switches: Switches,
  log: Log,
): Promise<void> {
  const failed = (error: unknown) =>
    log.warn({ vm: definition.name, reason: errorChain(error) }, "a NIC was not announced");
  await askQemu(process.qmp).catch(failed);
  void sendOwnFrames(definition, switches, failed).catch(failed);
}

async function askQemu(qmp: Qmp): Promise<void> {
  await qmp.execute("announce-self", { initial: 50, max: 550, rounds: 5, step: 100 });
}

async function sendOwnFrames(
  definition: VmDefinition,
  switches: Switches,
  failed: (error: unknown) => void,
): Promise<void> {
  await delay(ownFramesAfterMs, undefined, { ref: false });
  const announcements = await plan(definition, switches);
  if (announcements.length === 0) return;
  await sendRound(announcements);
  void repeat(announcements).catch(failed);
}

/** A NIC in a VLAN is left to QEMU: the bridge itself may not be a member of that VLAN, the tap is. */
async function plan(definition: VmDefinition, switches: Switches): Promise<Announcement[]> {
  const announcements: Announcement[] = [];
  for (const nic of definition.nics.filter(({ vlan }) => vlan === null)) {
    const bridge = await findLink(switches.get(nic.switch).bridge);
    if (bridge !== undefined) {
      announcements.push({ deviceIndex: bridge.index, frame: rarpFrame(nic.mac) });
    }
  }
  return announcements;
}

async function repeat(announcements: readonly Announcement[]): Promise<void> {
  for (const pauseMs of pausesMs) {
    await delay(pauseMs, undefined, { ref: false });
    await sendRound(announcements);
  }
}

async function sendRound(announcements: readonly Announcement[]): Promise<void> {
  using socket = await openPacketSocket();
  for (const { deviceIndex, frame } of announcements) socket.send(deviceIndex, frame);
}
