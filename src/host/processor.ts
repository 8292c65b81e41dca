/** What of the processor a guest notices beyond its flags: its name, its microcode, whether guests may have guests. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface ProcessorDetails {
  readonly model: string;
  /** As the kernel shows it, such as `0xd0003b9`; null where it does not. */
  readonly microcode: string | null;
  /** Whether KVM lets guests run guests; null where KVM is not loaded. */
  readonly nested: boolean | null;
}

/** @param sysfs Where the kernel shows its modules' settings. */
export async function readProcessor(sysfs = "/sys"): Promise<ProcessorDetails> {
  const cpuinfo = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const value = (key: string) => new RegExp(`^${key}\\s*:\\s*(.*)$`, "m").exec(cpuinfo)?.[1];
  const parameters = ["kvm_intel", "kvm_amd"].map((module) => {
    const path = join(sysfs, "module", module, "parameters/nested");
    return readFile(path, "utf8").catch(() => undefined);
  });
  const nested = (await Promise.all(parameters)).find((text) => text !== undefined);
  return {
    model: value("model name") ?? "",
    microcode: value("microcode") ?? null,
    nested: nested === undefined ? null : /^[1Y]/.test(nested),
  };
}
