/** Disk images: made, converted and looked at by qemu-img, as QEMU's unprivileged user. */
import { chmod, chown, open, rm, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";
import Type from "typebox";
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { ProgramFailure, runProgram } from "../base/run-program.ts";

export type DiskFormat = "qcow2" | "raw";

export interface ImageTool {
  readonly program: string;
  /** Whom the tool runs as and whom new images belong to; null: the agent's own user. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
}

export interface ImageInfo {
  readonly format: string;
  /** The size the guest sees. */
  readonly virtualBytes: number;
  /** Set when the image needs another file to be whole. */
  readonly backingFile: string | null;
  /** Its format, where the header says it. */
  readonly backingFormat: string | null;
  readonly dataFile: string | null;
  /** How many snapshots the image holds inside. */
  readonly snapshots: number;
}

/** A conversion copies the whole image: ten hours pass for 4 TB at 100 MB/s. */
const convertTimeoutMs = 12 * 60 * 60 * 1000;

const InfoOutput = Type.Object({
  format: Type.String(),
  "virtual-size": Type.Integer({ minimum: 0 }),
  "backing-filename": Type.Optional(Type.String()),
  "backing-filename-format": Type.Optional(Type.String()),
  snapshots: Type.Optional(Type.Array(Type.Unknown())),
  "format-specific": Type.Optional(
    Type.Object({
      data: Type.Optional(Type.Object({ "data-file": Type.Optional(Type.String()) })),
    }),
  ),
});

/** Formats a person may bring; each with qemu-img's name for it. VHD is what qemu-img calls vpc. */
const importable: readonly string[] = ["qcow2", "raw", "vpc", "vhdx"];

/**
 * What an image is; without a `format` it is guessed, and then read with the agent's own rights: a file that a person
 * brings may be closed to QEMU's user, and so may its directory.
 * @throws FerryError `bad-input` when it is no image, `not-found`.
 */
export async function imageInfo(
  tool: ImageTool,
  path: string,
  format?: string,
): Promise<ImageInfo> {
  await requireFile(path);
  const known = format === undefined ? [] : ["-f", format];
  const reader = format === undefined ? { ...tool, user: null } : tool;
  const args = ["info", "--force-share", "--output=json", ...known, "--", path];
  const output = await run(reader, "read", path, args);
  const info = Value.Parse(InfoOutput, JSON.parse(output));
  return {
    format: info.format,
    virtualBytes: info["virtual-size"],
    backingFile: info["backing-filename"] ?? null,
    backingFormat: info["backing-filename-format"] ?? null,
    dataFile: info["format-specific"]?.data?.["data-file"] ?? null,
    snapshots: info.snapshots?.length ?? 0,
  };
}

/** Makes an empty image. @throws FerryError `already-exists`, `no-space`, `system-refused`; no file is left then. */
export async function createImage(
  tool: ImageTool,
  path: string,
  format: DiskFormat,
  sizeBytes: number,
): Promise<void> {
  await withNewFile(tool, path, async () => {
    await run(tool, "create", path, ["create", "-q", "-f", format, "--", path, String(sizeBytes)]);
  });
}

/** Makes an empty qcow2 image that stands on another. `sizeBytes`: absent, the other's. @throws as `createImage`. */
export async function createOverlay(
  tool: ImageTool,
  path: string,
  base: { readonly path: string; readonly format: DiskFormat },
  sizeBytes?: number,
): Promise<void> {
  // Beside each other they may be moved together; qemu-img looks from the image's directory.
  const name = dirname(base.path) === dirname(path) ? basename(base.path) : base.path;
  const size = sizeBytes === undefined ? [] : [String(sizeBytes)];
  await withNewFile(tool, path, async () => {
    const args = ["create", "-q", "-f", "qcow2", "-b", name, "-F", base.format, "--", path];
    await run(tool, "create", path, [...args, ...size]);
  });
}

/**
 * Copies an image of any format Ferry imports (qcow2, raw, VHD, VHDX) into a new one.
 * What it stands on is copied into it, where `withBacking` says that those files may be read.
 * @throws FerryError as `createImage`, and `unsupported` for other formats and for images that need other files.
 */
export async function importImage(
  tool: ImageTool,
  source: string,
  path: string,
  format: DiskFormat,
  { withBacking = false, signal }: { withBacking?: boolean; signal?: AbortSignal } = {},
): Promise<void> {
  const sourceFormat = await importableFormat(tool, source, withBacking);
  await withNewFile(tool, path, async () => {
    await run(
      tool,
      "import",
      source,
      ["convert", "-q", "-f", sourceFormat, "-O", format, "-W", "-m", "8", "--", source, path],
      { timeoutMs: convertTimeoutMs, ...(signal === undefined ? {} : { signal }) },
    );
  });
}

async function importableFormat(
  tool: ImageTool,
  source: string,
  withBacking: boolean,
): Promise<string> {
  const info = await imageInfo(tool, source);
  if (!importable.includes(info.format)) {
    throw new FerryError("unsupported", `Cannot import "${source}": its format is ${info.format}`, {
      remedy: "Convert it to qcow2, raw, VHD or VHDX first",
    });
  }
  const isWhole = info.backingFile === null || withBacking;
  if (isWhole && info.dataFile === null) return info.format;
  throw new FerryError("unsupported", `Cannot import "${source}": it needs another file`, {
    remedy:
      "Put the image it stands on beside it or into a pool, or make it whole first: qemu-img convert -O qcow2 OLD NEW",
  });
}

/** The agent makes the file and gives it to QEMU's user, who may not write into the directory itself. */
async function withNewFile(
  tool: ImageTool,
  path: string,
  fill: () => Promise<void>,
): Promise<void> {
  try {
    await (await open(path, "wx", 0o660)).close();
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === "EEXIST";
    throw new FerryError(
      exists ? "already-exists" : "system-refused",
      `Cannot create disk "${path}"${exists ? ": it exists" : ""}`,
      { remedy: exists ? "Choose another name" : "Give the agent the right to write there", cause },
    );
  }
  try {
    await giveTo(tool.user, path);
    await fill();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Makes the file QEMU's. Network shares with fixed owners refuse; their mount options decide then. */
export async function giveTo(user: ImageTool["user"], path: string): Promise<void> {
  if (user === null || user.uid === process.getuid?.()) return;
  await chown(path, user.uid, user.gid).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EPERM" && error.code !== "ENOTSUP") throw error;
  });
  await chmod(path, 0o660).catch(() => undefined);
}

async function run(
  tool: ImageTool,
  action: "read" | "create" | "import",
  path: string,
  args: readonly string[],
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<string> {
  const user = action === "import" ? null : tool.user;
  try {
    return await runProgram(tool.program, args, { ...options, user });
  } catch (error) {
    throw explain(error, action, path, user);
  }
}

function explain(error: unknown, action: string, path: string, user: ImageTool["user"]): unknown {
  const failure = error instanceof FerryError ? error.cause : undefined;
  if (!(failure instanceof ProgramFailure)) return error;
  if (/No space left/.test(failure.stderr)) {
    return new FerryError("no-space", `Cannot ${action} disk "${path}": its file system is full`, {
      remedy: "Make room, or choose another pool",
      cause: error,
    });
  }
  if (/Failed to get .*lock/.test(failure.stderr)) {
    return new FerryError(
      "in-use",
      `Cannot ${action} disk "${path}": another program has it open`,
      {
        remedy: "Stop the VM or program that uses it",
        cause: error,
      },
    );
  }
  if (/Permission denied/.test(failure.stderr)) {
    const who = user === null ? "the agent" : `QEMU's user ${user.uid}:${user.gid}`;
    return new FerryError("system-refused", `Cannot ${action} disk "${path}": ${who} may not`, {
      remedy: `Give ${who} the right on the file and on the directories that lead to it`,
      cause: error,
    });
  }
  return new FerryError(
    action === "create" ? "system-refused" : "bad-input",
    `Cannot ${action} disk "${path}"`,
    {
      remedy: "Check that the file is a whole disk image of the named format",
      cause: error,
    },
  );
}

async function requireFile(path: string): Promise<void> {
  const status = await stat(path).catch((cause: unknown) => {
    throw new FerryError("not-found", `Cannot find image "${path}" on this host`, {
      remedy: "Copy it to this host, or correct the path",
      cause,
    });
  });
  if (!status.isFile()) {
    throw new FerryError("bad-input", `Cannot use image "${path}": it is not a regular file`, {
      remedy: "Name a disk image file",
    });
  }
}
