/** What the agent's configuration says about QEMU (the `qemu` part of src/agent/config.ts). */
export interface QemuSettings {
  readonly binary: string;
  readonly imageTool: string;
  /** swtpm: a TPM in software. */
  readonly tpmEmulator: string;
  readonly dataDirectory: string | null;
  readonly user: string | null;
  readonly accelerator: "auto" | "kvm" | "tcg";
}
