/** The unix sockets of one VM, all in its own directory. Pure. */
import { join } from "node:path";
import { FerryError } from "../base/errors.ts";

/** What the kernel takes for a unix socket's path (`sun_path` without its end). */
export const socketPathBytesMax = 107;

export interface VmSockets {
  /** The agent's monitor. */
  readonly qmp: string;
  /** A second monitor, for people and tests: a monitor serves one client at a time. */
  readonly qmpSpare: string;
  readonly serial: string;
  readonly vnc: string;
  /** The software TPM's, which QEMU connects to. */
  readonly tpm: string;
}

/** Of the FIFOs of the urgent monitor, without `.in` and `.out` (urgent-monitor.ts). */
export function urgentMonitorPath(directory: string): string {
  return join(directory, "urgent");
}

/** @throws FerryError `bad-input` when the directory is too deep for a socket in it. */
export function vmSockets(directory: string): VmSockets {
  const sockets = {
    qmp: join(directory, "qmp.sock"),
    qmpSpare: join(directory, "qmp-spare.sock"),
    serial: join(directory, "serial.sock"),
    vnc: join(directory, "vnc.sock"),
    tpm: join(directory, "tpm.sock"),
  };
  for (const path of Object.values(sockets)) {
    const bytes = Buffer.byteLength(path);
    if (bytes > socketPathBytesMax) {
      throw new FerryError(
        "bad-input",
        `Cannot use socket "${path}": its path has ${bytes} bytes, at most ${socketPathBytesMax} are possible`,
        { remedy: "Set paths.run in the configuration to a shorter directory" },
      );
    }
  }
  return sockets;
}
