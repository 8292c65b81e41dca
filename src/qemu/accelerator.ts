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
  /** False where a host too busy to answer was taken for one without KVM: to be asked again. */
  readonly isCertain: boolean;
}

interface Refusal {
  readonly reason: string;
  readonly isCertain: boolean;
}

/** @throws FerryError when KVM is wanted: `unsupported` where it is not there, `timeout` where nobody can tell. */
export async function chooseAccelerator(
  wanted: "auto" | "kvm" | "tcg",
  features: QemuFeatures,
): Promise<AcceleratorChoice> {
  if (wanted === "tcg") {
    return { accelerator: "tcg", reason: "the configuration says tcg", isCertain: true };
  }
  const refusal = await whyNotKvm(features);
  if (refusal === null) return { accelerator: "kvm", reason: null, isCertain: true };
  if (wanted === "auto") return { accelerator: "tcg", ...refusal };
  throw refusal.isCertain
    ? new FerryError("unsupported", `Cannot use KVM: ${refusal.reason}`, {
        remedy: "Enable virtualization in the host's firmware, or set qemu.accelerator to auto",
      })
    : new FerryError("timeout", `Cannot tell whether KVM works: ${refusal.reason}`, {
        remedy: "Try again when the host has less to do",
      });
}

async function whyNotKvm(features: QemuFeatures): Promise<Refusal | null> {
  const certain = (reason: string): Refusal => ({ reason, isCertain: true });
  if (!features.accelerators.includes("kvm")) return certain("this QEMU is built without it");
  const cpuinfo = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  if (!/^flags\s*:.*\b(vmx|svm)\b/m.test(cpuinfo)) {
    return certain("the CPU has neither vmx nor svm");
  }
  const outcome = await tryCode(features.path, "kvm");
  if (outcome === "runs") return null;
  return outcome === "fails"
    ? certain("a virtual CPU started with it does not run")
    : { reason: "the host was too busy to try a virtual CPU out", isCertain: false };
}

/** `no-answer`: the host had no time for it, which says nothing of its processor. */
export type CodeOutcome = "runs" | "fails" | "no-answer";

/** One that hangs in a processor without virtualization takes all the time there is; one on a busy host gets little. */
export interface TryLimits {
  /** Of the processors' time. */
  readonly cpuSeconds: number;
  readonly ms: number;
}

/** A QEMU that starts takes some hundredths of a second; hosts that are emulated themselves are slower by far. */
const usualLimits: TryLimits = { cpuSeconds: 15, ms: 120_000 };

/** Whether a virtual CPU executes `mov al, 42; out 0xf4, al` at its reset vector: QEMU then exits with 42 × 2 + 1. */
export async function tryCode(
  qemu: string,
  accelerator: Accelerator,
  limits = usualLimits,
): Promise<CodeOutcome> {
  const directory = await mkdtemp(join(tmpdir(), "ferry-probe-"));
  try {
    const firmware = join(directory, "firmware");
    await writeFile(firmware, probeFirmware());
    return await outcomeOf(qemu, accelerator, firmware, limits);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function probeFirmware(): Buffer {
  const image = Buffer.alloc(65_536, 0xf4 /* hlt */);
  Buffer.from([0xb0, 0x2a, 0xe6, 0xf4]).copy(image, 0xfff0);
  return image;
}

function outcomeOf(
  qemu: string,
  accelerator: Accelerator,
  firmware: string,
  { cpuSeconds, ms }: TryLimits,
): Promise<CodeOutcome> {
  return new Promise((resolve) => {
    const args = [
      [`--cpu=${cpuSeconds}`, qemu, "-accel", accelerator, "-machine", "q35"],
      ["-nodefaults", "-no-user-config", "-display", "none", "-bios", firmware],
      ["-device", "isa-debug-exit,iobase=0xf4,iosize=1"],
    ].flat();
    const child = atOrdinaryPriority(() =>
      // What it becomes is ended by the kernel (SIGXCPU) when it has had its time.
      spawn("prlimit", args, { stdio: "ignore", timeout: ms, killSignal: "SIGKILL" }),
    );
    child.once("error", () => resolve("fails"));
    child.once("exit", (code) => {
      resolve(code === 85 ? "runs" : child.killed ? "no-answer" : "fails");
    });
  });
}
