/** Tap devices: the host's end of a guest's NIC, a port of the switch's bridge. */
import { createHash, randomBytes } from "node:crypto";
import { chmod, stat } from "node:fs/promises";
import { FerryError } from "../base/errors.ts";
import { changeLink, changeLinks, type LinkFacts, saysMissing } from "./ip.ts";
import { requireBridge } from "./switches.ts";

export interface TapRequest {
  readonly name: string;
  readonly bridge: string;
  readonly vlan: number | null;
  /** Whom QEMU runs as: nobody else may open the tap. */
  readonly uid: number;
}

/**
 * The tap of a VM's NIC: the same after every restart of the agent, and another for another agent in the same network
 * namespace (`scope`: its run directory). 15 characters, as long as a device's name may be.
 */
export function tapName(scope: string, vmId: string, nicIndex: number): string {
  const digest = createHash("sha256").update(`${scope}\0${vmId}\0${nicIndex}`).digest("hex");
  return `fy${digest.slice(0, 13)}`;
}

/**
 * Makes the tap, up and a port of the bridge, in the NIC's VLAN. What fails leaves no tap.
 * @throws FerryError `not-found`, `unsupported` when the bridge cannot keep VLANs apart, `system-refused`.
 */
export async function createTap({ name, bridge, vlan, uid }: TapRequest): Promise<void> {
  const link = await requireBridge(bridge);
  if (vlan !== null && !link.filtersVlans) throw noVlans(bridge, vlan);
  await openTunDevice(uid);
  // The name is taken where a start that failed has left one: that is removed with what failed here.
  await makePort(name, uid, link).catch(() => makePort(name, uid, link));
  try {
    if (vlan !== null) await enterVlan(name, vlan);
  } catch (error) {
    await removeTap(name);
    throw error;
  }
}

/** One program for all of it: each costs a busy agent more than the kernel takes for what it does. What fails leaves no tap. */
async function makePort(name: string, uid: number, bridge: LinkFacts): Promise<void> {
  const commands = [
    ["tuntap", "add", "dev", name, "mode", "tap", "user", String(uid)],
    // The host itself has no IP address on a tap: without one it also sends nothing of its own into the guest.
    [
      ...["link", "set", "dev", name, "address", highAddress()],
      ...["mtu", String(bridge.mtu), "addrgenmode", "none"],
    ],
    ["link", "set", "dev", name, "master", bridge.name, "up"],
  ];
  try {
    await changeLinks(commands, `make tap device "${name}" a port of bridge "${bridge.name}"`);
  } catch (error) {
    await removeTap(name).catch(() => undefined); // what went wrong first is what counts
    throw error;
  }
}

/**
 * A MAC address for the host's side of a tap. A bridge that nobody gave an address takes the lowest of its ports: with the
 * kernel's random ones every second VM that comes or goes would change the host's own, and whoever talks to the host would not
 * find it until ARP has noticed.
 */
function highAddress(): string {
  return `fe:${randomBytes(5)
    .toString("hex")
    .replace(/..(?=.)/g, "$&:")}`;
}

/** Removes the tap if it is there. */
export async function removeTap(name: string): Promise<void> {
  try {
    await changeLink("ip", ["link", "delete", "dev", name], `remove tap device "${name}"`);
  } catch (error) {
    if (!(error instanceof Error && saysMissing(error.cause))) throw error;
  }
}

async function enterVlan(name: string, vlan: number): Promise<void> {
  const action = `put tap device "${name}" into VLAN ${vlan}`;
  await changeLink("bridge", ["vlan", "del", "dev", name, "vid", "1"], action).catch(
    () => undefined,
  );
  await changeLink(
    "bridge",
    ["vlan", "add", "dev", name, "vid", String(vlan), "pvid", "untagged"],
    action,
  );
}

/**
 * Opening /dev/net/tun proves nothing: the kernel checks a tap's owner. udev therefore opens it to everybody; where no
 * udev runs (containers), this does what it would have done.
 */
async function openTunDevice(uid: number): Promise<void> {
  if (uid === process.getuid?.()) return;
  const device = "/dev/net/tun";
  try {
    const { mode } = await stat(device);
    if ((mode & 0o006) !== 0o006) await chmod(device, (mode & 0o777) | 0o666);
  } catch (cause) {
    throw new FerryError("system-refused", `Cannot open "${device}" to QEMU's user`, {
      remedy: "Load the module tun, and give the device mode 0666",
      cause,
    });
  }
}

function noVlans(bridge: string, vlan: number): FerryError {
  return new FerryError(
    "unsupported",
    `Cannot put a NIC into VLAN ${vlan}: bridge "${bridge}" does not filter VLANs`,
    {
      remedy:
        `Turn it on: ip link set ${bridge} type bridge vlan_filtering 1; where the kernel has no VLAN filtering, ` +
        "make a bridge for each VLAN and a switch for each bridge",
    },
  );
}
