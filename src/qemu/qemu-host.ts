/** QEMU on this host: what the binary can do, the accelerator it gets, the user it runs as. Asked when first needed. */
import { type AcceleratorChoice, chooseAccelerator } from "./accelerator.ts";
import { probeQemu, type QemuFeatures } from "./features.ts";
import type { QemuSettings } from "./settings.ts";
import { type QemuUser, qemuUser } from "./user.ts";

export class QemuHost {
  readonly settings: QemuSettings;
  #choice: Promise<AcceleratorChoice> | undefined;

  constructor(settings: QemuSettings) {
    this.settings = settings;
  }

  /** @throws FerryError `missing-program`, `unsupported`. */
  features(): Promise<QemuFeatures> {
    return probeQemu(this.settings.binary);
  }

  /** @throws FerryError as `features`, and `unsupported` when KVM is wanted and not there. */
  accelerator(): Promise<AcceleratorChoice> {
    this.#choice ??= this.features()
      .then((features) => chooseAccelerator(this.settings.accelerator, features))
      .catch((error: unknown) => {
        this.#choice = undefined;
        throw error;
      });
    return this.#choice;
  }

  async user(): Promise<QemuUser> {
    return qemuUser(this.settings.user, (await this.accelerator()).accelerator);
  }
}
