/** QEMU on this host: what the binary can do, the accelerator it gets, the user it runs as. Asked when first needed. */
import { type AcceleratorChoice, chooseAccelerator } from "./accelerator.ts";
import type { Accelerator } from "./cpu-model.ts";
import { type CpuCapabilities, readCpuCapabilities, readModelFeatures } from "./cpu-features.ts";
import { probeQemu, type QemuFeatures } from "./features.ts";
import type { QemuSettings } from "./settings.ts";
import { type QemuUser, qemuUser } from "./user.ts";

/** A host that was too busy to say what it has. */
const askAgainMs = 60_000;

export class QemuHost {
  readonly settings: QemuSettings;
  #choice: Promise<AcceleratorChoice> | undefined;
  #cpu:
    | {
        readonly of: QemuFeatures;
        readonly accelerator: Accelerator;
        readonly answer: Promise<CpuCapabilities>;
        readonly models: Map<string, readonly string[]>;
      }
    | undefined;

  constructor(settings: QemuSettings) {
    this.settings = settings;
  }

  /** @throws FerryError `missing-program`, `unsupported`. */
  features(): Promise<QemuFeatures> {
    return probeQemu(this.settings.binary);
  }

  /** @throws FerryError as `features`, and as `chooseAccelerator`. */
  accelerator(): Promise<AcceleratorChoice> {
    this.#choice ??= this.#choose().catch((error: unknown) => {
      this.#choice = undefined;
      throw error;
    });
    return this.#choice;
  }

  async #choose(): Promise<AcceleratorChoice> {
    const choice = await chooseAccelerator(this.settings.accelerator, await this.features());
    if (!choice.isCertain) setTimeout(() => (this.#choice = undefined), askAgainMs).unref();
    return choice;
  }

  /** Asked once for each binary and accelerator. @throws FerryError as `accelerator`, and `qemu-failed`. */
  async cpu(): Promise<CpuCapabilities> {
    const [features, { accelerator }] = await Promise.all([this.features(), this.accelerator()]);
    // The same object comes back for as long as the program is the same file.
    if (this.#cpu?.of !== features || this.#cpu.accelerator !== accelerator) {
      const answer = readCpuCapabilities(features, accelerator);
      const asked = {
        of: features,
        accelerator,
        answer,
        models: new Map<string, readonly string[]>(),
      };
      this.#cpu = asked;
      answer.catch(() => {
        if (this.#cpu === asked) this.#cpu = undefined;
      });
    }
    return await this.#cpu.answer;
  }

  /** By model: what guests with it have; absent for a model that this QEMU does not know. @throws as `cpu`. */
  async modelFeatures(models: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    await this.cpu();
    const known = this.#cpu?.models ?? new Map<string, readonly string[]>();
    const unasked = models.filter((model) => !known.has(model));
    if (unasked.length > 0) {
      const [features, { accelerator }] = await Promise.all([this.features(), this.accelerator()]);
      const answers = await readModelFeatures(features, accelerator, unasked);
      for (const [model, has] of answers) known.set(model, has);
    }
    return known;
  }

  async user(): Promise<QemuUser> {
    return qemuUser(this.settings.user, (await this.accelerator()).accelerator);
  }
}
