/** Where on this host a VM's things are: names that derive from the VM's id, so that a later agent finds them. Pure. */
import { join } from "node:path";
import { tapName } from "../network/tap.ts";
import type { VmDefinition } from "./definition.ts";

export interface HostPaths {
  /** What must survive a reboot. */
  readonly state: string;
  /** Sockets. */
  readonly run: string;
  /** Where the kernel shows its devices, default `/sys`, and where their files are, default `/dev`. */
  readonly sysfs?: string;
  readonly devices?: string;
}

export interface VmPlaces {
  /** The VM's own directory for sockets and QEMU's log. */
  readonly directory: string;
  /** The VM's own directory for what survives a reboot. */
  readonly stateDirectory: string;
  readonly firmwareVariables: string;
  /** What the TPM remembers: a directory of QEMU's user. */
  readonly tpmState: string;
  /** Which process the TPM is. */
  readonly tpmProcess: string;
  /** One tap for each NIC. */
  readonly taps: readonly string[];
}

export function vmPlaces(paths: HostPaths, definition: VmDefinition): VmPlaces {
  const stateDirectory = join(paths.state, "vms", definition.id);
  return {
    directory: join(paths.run, "vms", definition.id),
    stateDirectory,
    firmwareVariables: firmwareVariablesPath(paths, definition.id),
    tpmState: join(stateDirectory, "tpm"),
    tpmProcess: join(stateDirectory, "tpm-process.json"),
    taps: definition.nics.map((_, index) => tapName(paths.run, definition.id, index)),
  };
}

export function firmwareVariablesPath({ state }: Pick<HostPaths, "state">, vm: string): string {
  return join(state, "vms", vm, "efi-variables.fd");
}
