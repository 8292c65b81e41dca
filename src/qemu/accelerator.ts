/**
 * KVM or TCG: which one this host really has. `/dev/kvm` may exist and yet not run a stock kernel (nested hosts without
 * vmx or svm), so the CPU's flags are believed first, then a virtual CPU that runs five bytes of code.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FerryError } from "../base/errors.ts";
import { atOrdinaryPriority } from "../base/priority.ts";
import type { Accelerator } from "./cpu-model.ts";
import type { QemuFeatures } from "./features.ts";

export interface AcceleratorChoice {
  readonly accelerator: Accelerator;
  /** Why it is not KVM; null when it is. */
  readonly reason: string | null;
}

/** @throws FerryError `unsupported` when KVM is wanted and not there. */
export async function chooseAccelerator(
  wanted: "auto" | "kvm" | "tcg",
  features: QemuFeatures,
): Promise<AcceleratorChoice> {
  if (wanted === "tcg") return { accelerator: "tcg", reason: "the configuration says tcg" };
  const reason = await whyNotKvm(features);
  if (reason === null) return { accelerator: "kvm", reason };
  if (wanted === "auto") return { accelerator: "tcg", reason };
  throw new FerryError("unsupported", `Cannot use KVM: ${reason}`, {
    remedy: "Enable virtualization in the host's firmware, or set qemu.accelerator to auto",
  });
}

async function whyNotKvm(features: QemuFeatures): Promise<string | null> {
  if (!features.accelerators.includes("kvm")) return "this QEMU is built without it";
  const cpuinfo = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  if (!/^flags\s*:.*\b(vmx|svm)\b/m.test(cpuinfo)) return "the CPU has neither vmx nor svm";
  if (!(await runsCode(features.path, "kvm"))) return "a virtual CPU started with it does not run";
  return null;
}

/** Whether a virtual CPU executes `mov al, 42; out 0xf4, al` at its reset vector: QEMU then exits with 42 × 2 + 1. */
export async function runsCode(qemu: string, accelerator: Accelerator): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), "ferry-probe-"));
  try {
    const firmware = join(directory, "firmware");
    await writeFile(firmware, probeFirmware());
    return (await exitCode(qemu, accelerator, firmware)) === 85;
  } finally {
    await rm(directory, { recursive: true });
  }
}

function probeFirmware(): Buffer {
  const image = Buffer.alloc(65_536, 0xf4 /* hlt */);
  Buffer.from([0xb0, 0x2a, 0xe6, 0xf4]).copy(image, 0xfff0);
  return image;
}

function exitCode(
  qemu: string,
  accelerator: Accelerator,
  firmware: string,
): Promise<number | null> {
  return new Promise((resolve) => {
    const args = [
      ["-accel", accelerator, "-machine", "q35", "-nodefaults", "-no-user-config"],
      ["-display", "none", "-bios", firmware],
      ["-device", "isa-debug-exit,iobase=0xf4,iosize=1"],
    ].flat();
    const child = atOrdinaryPriority(() =>
      spawn(qemu, args, { stdio: "ignore", timeout: 10_000, killSignal: "SIGKILL" }),
    );
    child.once("error", () => resolve(null));
    child.once("exit", resolve);
  });
}
