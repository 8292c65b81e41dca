/** What the form of a new pool asks for, as the API takes it. Pure. */
import type { PoolCreate } from "../../../src/api/schema/pool.ts";

export type PoolKind = "directory" | "smb" | "nfs";

export interface PoolForm {
  readonly kind: PoolKind;
  readonly name: string;
  readonly path: string;
  readonly share: string;
  readonly user: string;
  readonly password: string;
  readonly domain: string;
  readonly encrypt: boolean;
  readonly channels: number;
  readonly export: string;
}

export const emptyPool: PoolForm = {
  ...{ kind: "directory", name: "", path: "", share: "", user: "", password: "" },
  ...{ domain: "", encrypt: false, channels: 1, export: "" },
};

/** Whether enough is said to ask the host. */
export function isComplete(form: PoolForm): boolean {
  return form.name !== "" && placeOf(form) !== "";
}

export function poolOf(form: PoolForm): PoolCreate {
  const { kind, name, user, password, domain, encrypt, channels } = form;
  const place = placeOf(form);
  if (kind === "directory") return { name, path: place };
  if (kind === "nfs") return { name, nfs: { export: place } };
  return {
    name,
    smb: {
      share: place,
      ...(user !== "" && { user }),
      ...(user !== "" && domain !== "" && { domain }),
      ...(encrypt && { encrypt }),
      ...(channels > 1 && { channels }),
    },
    ...(password !== "" && { password }),
  };
}

/** Windows writes shares with backslashes; the same share is meant. */
function placeOf({ kind, path, share, export: exported }: PoolForm): string {
  if (kind === "directory") return path.trim();
  return kind === "smb" ? share.trim().replaceAll("\\", "/") : exported.trim();
}
