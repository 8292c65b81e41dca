/**
 * Shares that the agent mounts itself, to be pools: what people say of one, how mount(8) is told, and what its failures
 * mean. Pure.
 */
import Type from "typebox";

const strict = { additionalProperties: false } as const;

export const SmbShare = Type.Object(
  {
    /** `//server/share`, or a folder of it. */
    share: Type.String({ pattern: "^//[^/\\s\\\\]{1,255}(?:/[^/\\s\\\\]{1,255}){1,16}$" }),
    /** Absent: as a guest. */
    user: Type.Optional(Type.String({ pattern: "^[^\\x00-\\x1f,/\\\\]{1,104}$" })),
    /** The user's Windows domain or Samba workgroup. */
    domain: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$" })),
    /** Everything on the wire is encrypted, by SMB 3.1.1; otherwise signed as the server wants it. */
    encrypt: Type.Optional(Type.Boolean()),
    /** SMB multichannel: connections over all paths to the server; 1 and absent mean one. */
    channels: Type.Optional(Type.Integer({ minimum: 1, maximum: 16 })),
  },
  { ...strict, $id: "SmbShare" },
);
export type SmbShare = Type.Static<typeof SmbShare>;

export const NfsShare = Type.Object(
  {
    /** `server:/path`; an IPv6 address in brackets. */
    export: Type.String({
      pattern: "^(?:[A-Za-z0-9._-]{1,255}|\\[[0-9a-fA-F:.%]+\\]):/[^\\s]{0,1023}$",
    }),
  },
  { ...strict, $id: "NfsShare" },
);
export type NfsShare = Type.Static<typeof NfsShare>;

export type Share =
  | { readonly kind: "smb"; readonly smb: SmbShare }
  | { readonly kind: "nfs"; readonly nfs: NfsShare };
export type ShareKind = Share["kind"];

/** As mount(8) and people name it. */
export function sourceOf(share: Share): string {
  return share.kind === "smb" ? share.smb.share : share.nfs.export;
}

/** What files of the share belong to on this host: the user of QEMU. */
export interface ShareOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Arguments of mount(8). Both kinds are mounted hard: while the server is away the guest waits, as on a slow disk,
 * instead of being told of broken sectors.
 * @param credentials The file with user and password; needed for an SMB share with a user.
 */
export function mountArguments(
  share: Share,
  directory: string,
  { owner, credentials }: { readonly owner: ShareOwner; readonly credentials: string },
): string[] {
  const type = share.kind === "smb" ? "cifs" : "nfs";
  const options = share.kind === "smb" ? smbOptions(share.smb, owner, credentials) : nfsOptions;
  return ["-t", type, sourceOf(share), directory, "-o", [...safeOptions, ...options].join(",")];
}

/** Nothing on it is a program or a device of this host. */
const safeOptions = ["rw", "nosuid", "nodev", "noexec"];

/** Not 4.2: its READ_PLUS gave zeroes for what had just been written (docs/decisions/0190). */
const nfsOptions = ["hard", "vers=4.1", "proto=tcp"];

function smbOptions(smb: SmbShare, { uid, gid }: ShareOwner, credentials: string): string[] {
  return [
    "vers=3.1.1",
    "hard",
    // Bytes that the other host has written are seen at once; O_DIRECT goes to the server.
    "cache=strict",
    // A lock that QEMU or qemu-img takes would be mandatory for both hosts and strand a VM between them.
    "nobrl",
    "serverino",
    ...[`uid=${uid}`, "forceuid", `gid=${gid}`, "forcegid", "file_mode=0660", "dir_mode=0770"],
    ...(smb.user === undefined ? ["guest"] : [`credentials=${credentials}`]),
    ...(smb.encrypt === true ? ["seal"] : []),
    ...((smb.channels ?? 1) > 1 ? ["multichannel", `max_channels=${smb.channels}`] : []),
  ];
}

/** As mount.cifs(8) reads it: one setting a line, everything behind the first `=` is the value. */
export function credentialsText({ user, domain }: SmbShare, password: string): string {
  const lines = [`username=${user ?? ""}`, `password=${password}`];
  return `${[...lines, ...(domain === undefined ? [] : [`domain=${domain}`])].join("\n")}\n`;
}

/** What a failed mount means, by what mount(8) and its helpers print. */
export function mountTrouble(
  share: Share,
  stderr: string,
): { readonly says: string; readonly remedy: string } {
  const number = Number(/mount error\((\d+)\)/.exec(stderr)?.[1]);
  const where = sourceOf(share);
  if (/unknown filesystem type|No such device/i.test(stderr)) {
    const module = share.kind === "smb" ? "cifs" : "nfs";
    return {
      says: `this host's kernel has no ${module}`,
      remedy: `Run Debian's usual kernel (linux-image-amd64), which has the module ${module}`,
    };
  }
  if (/bad option|need a \/sbin\/mount/.test(stderr)) {
    const helper = share.kind === "smb" ? "cifs-utils" : "nfs-common";
    return {
      says: "the mount helper is not installed",
      remedy: `Install it: apt-get install ${helper}`,
    };
  }
  if (
    number === 13 ||
    number === 126 ||
    number === 127 ||
    /access denied|Permission denied/i.test(stderr)
  ) {
    return share.kind === "smb"
      ? {
          says: "the server refuses this user or password, or gives the user no right to the share",
          remedy:
            "Correct user, password and domain; on the server give the user the share to read and write",
        }
      : {
          says: "the server refuses this host",
          remedy: `Export it to this host, read and write, and with no_root_squash; showmount -e ${where.split(":")[0] ?? where} lists the exports`,
        };
  }
  if (number === 2 || number === 6 || /No such file/i.test(stderr)) {
    return {
      says: "the server has no such share or folder",
      remedy: "Correct the name of the share",
    };
  }
  if (
    /timed out|refused|No route|unreachable|host is down|resolve|not known/i.test(stderr) ||
    [101, 110, 111, 112, 113, 115].includes(number)
  ) {
    return {
      says: "the server does not answer",
      remedy: "Correct its name, or see whether it runs and the network reaches it",
    };
  }
  return {
    says: stderr.trim().split("\n")[0] ?? "mount refused",
    remedy: `Try it by hand: mount ${where}; dmesg says more`,
  };
}
