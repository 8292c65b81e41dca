/**
 * What the UEFI firmware of the cluster's VMs remembers (boot entries, keys of Secure Boot) is a file on the VM's host, and would be lost with it. A copy is kept
 * in etcd: written when the file has changed and a look later still is the same, taken by the host that gets the VM without its old one.
 */
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import { errorChain } from "../base/errors.ts";
import type { VmDefinition } from "../vm/definition.ts";
import { firmwareVariablesPath } from "../vm/places.ts";
import type { Membership } from "./membership.ts";
import type { ClusterParts } from "./parts.ts";
import type { ClusterStore } from "./store.ts";

const deflate = promisify(deflateRaw);
const inflate = promisify(inflateRaw);
/** Nearly all of a flash of half a MiB is empty; etcd takes 1.5 MiB in a request, in base64 twice over. */
const packedBytesMax = 512 * 1024;
const flashBytesMax = 16 * 1024 * 1024;

export class FirmwareVariables {
  readonly #parts: ClusterParts;
  readonly #membership: Membership;
  /** Of each VM: the file as it was at the last look, and whether etcd has it so. */
  readonly #seen = new Map<string, { readonly changedAt: number; isKept: boolean }>();

  constructor(parts: ClusterParts, membership: Membership) {
    this.#parts = parts;
    this.#membership = membership;
  }

  /** One look at this host's own. Fails silently for each: it is tried again. */
  async keep(): Promise<void> {
    for (const id of this.#membership.local.vms()) {
      await this.#look(id).catch((error: unknown) =>
        this.#parts.log.warn(
          { vm: id, reason: errorChain(error) },
          "what a VM's firmware remembers could not be kept in etcd",
        ),
      );
    }
  }

  async #look(id: string): Promise<void> {
    const row = this.#parts.vms.find(id);
    if (row?.ownership !== "owner" || row.migration !== null) return;
    if (row.definition.machine.firmware !== "uefi") return;
    const path = firmwareVariablesPath(this.#parts.paths, id);
    const file = await stat(path).catch(() => undefined);
    if (file === undefined) return;
    const seen = this.#seen.get(id);
    if (seen?.changedAt !== file.mtimeMs) {
      // QEMU may be in the middle of writing: it has to stay so for a look.
      this.#seen.set(id, { changedAt: file.mtimeMs, isKept: false });
    } else if (!seen.isKept) {
      await this.#put(id, row.generation, path);
      seen.isKept = true;
    }
  }

  async #put(id: string, generation: number, path: string): Promise<void> {
    const { store, own } = this.#membership;
    const packed = await deflate(await readFile(path));
    if (packed.length > packedBytesMax)
      throw new Error(`${packed.length} bytes are more than etcd takes`);
    const value = packed.toString("base64");
    const key = store.keys.variables(id);
    const [record, present] = await Promise.all([store.vm(id), store.etcd.get(key)]);
    if (present?.value === value) return;
    if (record?.owner !== own.host || record.generation !== generation) return;
    const { done } = await store.etcd.transact({
      // N.B. only the owner of this generation has a say.
      conditions: [{ key: store.keys.vm(id), revision: record.revision }],
      changes: [{ put: key, value }],
    });
    if (!done) throw new Error("the cluster's record was changed meanwhile");
  }
}

/** Before a VM starts that was given to this host: unless it has its variables here already. */
export async function restoreVariables(
  { paths }: ClusterParts,
  { etcd, keys }: ClusterStore,
  { id, machine }: VmDefinition,
): Promise<void> {
  if (machine.firmware !== "uefi") return;
  const path = firmwareVariablesPath(paths, id);
  const present = await stat(path).catch(() => undefined);
  if (present !== undefined) return;
  const kept = await etcd.get(keys.variables(id));
  if (kept === undefined) return; // it never ran as the cluster's
  const packed = Buffer.from(kept.value, "base64");
  const flash = await inflate(packed, { maxOutputLength: flashBytesMax });
  await mkdir(dirname(path), { recursive: true, mode: 0o711 });
  const beside = join(dirname(path), "efi-variables.new");
  await writeFile(beside, flash, { mode: 0o600, flush: true });
  await rename(beside, path);
}
