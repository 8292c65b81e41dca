/** Pools: directories where disks live. */
import Type from "typebox";
import { NfsShare, SmbShare } from "../../storage/share.ts";
import { Name } from "../../vm/definition.ts";

const Bytes = Type.Integer({ minimum: 0 });

export const PoolCreate = Type.Object(
  {
    name: Name,
    /** An existing directory, absolute; a mount of a share counts as one. One of `path`, `smb` and `nfs` is wanted. */
    path: Type.Optional(Type.String({ pattern: "^/", maxLength: 4096 })),
    /** A share that the agent mounts. */
    smb: Type.Optional(SmbShare),
    nfs: Type.Optional(NfsShare),
    /** Of the SMB user; kept on this host, never shown. */
    password: Type.Optional(
      Type.String({ minLength: 1, maxLength: 512, pattern: "^[^\\x00-\\x1f]*$" }),
    ),
  },
  { additionalProperties: false, $id: "PoolCreate" },
);
export type PoolCreate = Type.Static<typeof PoolCreate>;

export const Pool = Type.Object(
  {
    name: Type.String(),
    /** Written into the pool itself, so that two hosts know the same bytes by it. */
    id: Type.String(),
    /** `directory`, `smb`, `nfs`. */
    kind: Type.String(),
    path: Type.String(),
    /** `//server/share` or `server:/path`, for shares that the agent mounts. */
    source: Type.Optional(Type.String()),
    /** Null when the directory can't be looked at now, for instance because its share is away. */
    space: Type.Union([Type.Object({ totalBytes: Bytes, freeBytes: Bytes }), Type.Null()]),
  },
  { $id: "Pool" },
);
export type Pool = Type.Static<typeof Pool>;

export const PoolList = Type.Object({ pools: Type.Array(Pool) }, { $id: "PoolList" });
export type PoolList = Type.Static<typeof PoolList>;

export const PoolFileEntry = Type.Object({
  file: Type.String(),
  sizeBytes: Bytes,
  /** What it takes up: less than its size for a sparse file. */
  allocatedBytes: Bytes,
  modifiedAt: Type.Number(),
});
export type PoolFileEntry = Type.Static<typeof PoolFileEntry>;

export const PoolFileList = Type.Object(
  { files: Type.Array(PoolFileEntry) },
  { $id: "PoolFileList" },
);
export type PoolFileList = Type.Static<typeof PoolFileList>;
