/**
 * Memory over RDMA: QEMU's own, from one QEMU to the other, between addresses that the agents agree on in their session. The
 * session carries everything else. Nothing is encrypted there and nobody is asked who he is, which is why only a network that
 * is the hosts' own may be used so (docs/decisions/0162); the port is drawn at random and is open for one connection.
 */
import { randomInt } from "node:crypto";
import { FerryError } from "../base/errors.ts";
import { runProgram } from "../base/run-program.ts";
import { commonRdmaAddress, inUri } from "../network/rdma-address.ts";
import type { ControlMessageOf } from "../protocol/messages.ts";
import { listenIncoming, startOutgoing } from "../qemu/migration.ts";
import type { Qmp } from "../qemu/qmp.ts";
import type { SourceMove, TargetMove } from "./stage.ts";
import { skeletonOf } from "./past-setup.ts";

/** Of those that no service has by right. */
const ports = { first: 49_152, end: 65_536 };
/** A port that was drawn may be in use. */
const attemptsMax = 5;

/** Source: what it asks for. @throws FerryError `unsupported` when this host has no address for it. */
export async function wantedRdma(move: SourceMove): Promise<{ rdma?: string[] }> {
  if (move.limits.performance !== "rdma") return {};
  const rdma = [...(await move.rdmaAddresses())];
  if (rdma.length === 0) throw noAddress(move.host, "no RDMA port with an address", "one");
  await allowPinning(move.process.pid);
  return { rdma };
}

/** Target: QEMU listens, for an address of the source's. @throws FerryError `unsupported`, `qemu-failed`. */
export async function listenOverRdma(
  move: TargetMove,
  theirs: readonly string[],
): Promise<NonNullable<ControlMessageOf<"receiving">["rdma"]>> {
  const own = await move.rdmaAddresses();
  const address = commonRdmaAddress(own, theirs);
  if (address === undefined) {
    throw noAddress(move.host, own.join(", ") || "none", `one in a subnet of ${theirs.join(", ")}`);
  }
  const { qmp, pid } = skeletonOf(move);
  await allowPinning(pid);
  for (let attempt = 1; ; attempt++) {
    const port = randomInt(ports.first, ports.end);
    try {
      const uri = rdmaUri({ address, port });
      const settings = { hasReturnPath: false, mayPostCopy: false, channels: 0 };
      await listenIncoming(qmp, uri, settings);
      return { address, port };
    } catch (error) {
      if (attempt === attemptsMax) throw error;
    }
  }
}

/**
 * Source. Without a return path: QEMU (10.0) waits for ever for the thread that reads it when the link is lost, and its guest with it. It completes
 * when all is sent then; that the target has loaded it is the target's agent's word (docs/decisions/0162).
 */
export async function startOverRdma(
  qmp: Qmp,
  target: NonNullable<ControlMessageOf<"receiving">["rdma"]>,
): Promise<void> {
  await qmp.execute("migrate-set-capabilities", {
    capabilities: [{ capability: "return-path", state: false }],
  });
  await startOutgoing(qmp, rdmaUri(target));
}

function rdmaUri({ address, port }: { address: string; port: number }): string {
  return `rdma:${inUri(address)}:${port}`;
}

/** The adapter reads and writes the guest's memory, which must stay where it is: more than QEMU's user may lock. */
async function allowPinning(pid: number): Promise<void> {
  await runProgram("prlimit", ["--pid", String(pid), "--memlock=unlimited:unlimited"]);
}

function noAddress(host: string, present: string, wanted: string): FerryError {
  return new FerryError(
    "unsupported",
    `Cannot move memory over RDMA: "${host}" has ${present}, wanted is ${wanted}`,
    {
      remedy:
        "Give both hosts' RDMA ports addresses in one subnet, and let moves use it (ferry host network add), or move with --performance compression",
    },
  );
}
