/**
 * Every message of a session's control stream, in one union. JSON, one message a control frame, at most
 * `controlMessageBytesMax` (frame.ts); checked against these schemas on arrival, before anything believes it.
 *
 * | message    | from   | stage            | meaning                                                             |
 * |------------|--------|------------------|---------------------------------------------------------------------|
 * | prepare    | source | setup            | here is the definition and generation g; make a skeleton            |
 * | send-files | target | setup            | a stream for each of the files is open                              |
 * | prepared   | target | setup            | reserved; the skeleton QEMU waits with its CPUs stopped             |
 * | mirror     | source | storage-mirror   | export the disks you made                                           |
 * | mirroring  | target | storage-mirror   | exported                                                            |
 * | kept       | target | storage-mirror   | digests of what an earlier attempt left of a disk, some at a time   |
 * | connect    | source | storage-mirror   | open the stream of a disk, anew if it was open; null: all are open  |
 * | connected  | target | storage-mirror   | the stream leads to the disk's export                               |
 * | receive    | source | memory-precopy   | open the memory stream; in setup where nothing else crosses first   |
 * | receiving  | target | memory-precopy   | QEMU listens; bytes may flow                                        |
 * | stopped    | source | modified-pages   | the guest stands still; what follows is the end of the stream       |
 * | mirrored   | source | modified-pages   | the disks are equal, their mirrors are gone                         |
 * | sealed     | target | modified-pages   | nothing but the guest's devices can write to the disks any more     |
 * | ready      | target | storage-handover | loaded, disks active, *ready(g+1)* durable here                     |
 * | digest-request, digests | source, target | storage-handover | compare memory while both stand still        |
 * | take       | source | resume           | *handed-over(g+1)* durable here: the VM is yours, let it run        |
 * | taken      | target | resume           | *owner(g+1)* durable here, the guest runs                           |
 * | announced  | target | network-cleanup  | the switch has been told                                            |
 * | serial-log | source | network-cleanup  | what the guest has written to its serial port here, the end of it    |
 * | abandon    | source | any before take  | it is off; remove what you made                                     |
 * | abandoned  | target | any before take  | removed                                                             |
 * | failed     | either | any before take  | my half failed, and why                                             |
 */
import Type from "typebox";
import { backingImagesMax, FileName, Name, VmDefinition } from "../vm/definition.ts";
import { Passage } from "../vm/passage.ts";
import { since } from "./since.ts";

const strict = { additionalProperties: false } as const;
/** Streams of QEMU's own threads; more would only wait for each other. */
const channelsMax = 16;
const Generation = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const Cidr = Type.String({ pattern: "^[0-9A-Fa-f.:]{2,45}/[0-9]{1,3}$" });
const message = <Kind extends string, Body extends Record<string, Type.TSchema>>(
  kind: Kind,
  body: Body,
) => Type.Object({ type: Type.Literal(kind), ...body }, strict);

export const ControlMessage = Type.Union([
  message("prepare", {
    definition: VmDefinition,
    generation: Generation,
    /** False for a guest that is paused on the source: then it lands paused. */
    run: Type.Boolean(),
    /** Keep the disks, as far as they are, when the move fails: another attempt may use them. */
    keepPartial: since(3, Type.Optional(Type.Boolean())),
    /** The VM leaves a cluster or enters one; absent: neither. */
    passage: since(3, Type.Optional(Passage)),
    /** Disks to be made, of the definition's; sizes in bytes. Empty where the target reaches them all. */
    disks: Type.Array(
      Type.Object(
        {
          name: Name,
          virtualBytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
          allocatedBytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
          /** The images it stands on in the definition must be these; absent where it stands on none. */
          backing: since(
            3,
            Type.Optional(
              Type.Object(
                {
                  /** SHA-256 in hexadecimal, in the definition's order. */
                  digests: Type.Array(Type.String({ pattern: "^[0-9a-f]{64}$" }), {
                    maxItems: backingImagesMax,
                  }),
                  bytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
                },
                strict,
              ),
            ),
          ),
        },
        strict,
      ),
      { maxItems: 24 },
    ),
    /** Kernels and media to be made, as the definition places them, with their sizes in bytes. */
    files: Type.Array(
      Type.Object(
        {
          pool: Name,
          file: FileName,
          bytes: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
        },
        strict,
      ),
      { maxItems: 8 },
    ),
  }),
  message("send-files", {}),
  message("prepared", {
    qemuVersion: Type.String({ maxLength: 64 }),
    /** Names of disks that stand on nothing here, since the images differ; absent: none. */
    whole: since(3, Type.Optional(Type.Array(Name, { maxItems: 24 }))),
  }),
  message("mirror", {
    /** Absent: what QEMU's NBD client says crosses as it is. */
    encoding: since(3, Type.Optional(Type.Literal("batches"))),
    /** Say first what is kept of the disks. */
    resume: since(3, Type.Optional(Type.Boolean())),
  }),
  since(
    3,
    message("kept", {
      disk: Name,
      /** Of blocks (src/disk-stream/disk-batch.ts), one digest after the other, base64. */
      digests: Type.String({ maxLength: 720 * 1024, pattern: "^[A-Za-z0-9+/]*=*$" }),
      /** Nothing follows of this disk. */
      last: Type.Boolean(),
    }),
  ),
  message("mirroring", {
    /** Absent: it is to cross as it is, whatever was asked for. */
    encoding: since(3, Type.Optional(Type.Literal("batches"))),
  }),
  message("connect", { disk: Type.Union([Name, Type.Null()]) }),
  message("connected", {}),
  message("receive", {
    /** Absent: QEMU's stream crosses as it is. */
    encoding: Type.Optional(Type.Literal("pages")),
    /** QEMU may compress it itself, over so many further streams: rather than `encoding`, where the target can. */
    channels: Type.Optional(since(3, Type.Integer({ minimum: 1, maximum: channelsMax }))),
    /** Whether the guest may go on at the target before all of its memory is there. */
    mayPostCopy: Type.Optional(since(3, Type.Boolean())),
    /** It is to go over RDMA: the source's addresses there, with prefix lengths. Nothing crosses in the session then. */
    rdma: since(3, Type.Optional(Type.Array(Cidr, { minItems: 1, maxItems: 64 }))),
  }),
  message("receiving", {
    /** QEMU listens there; absent: it is to cross in the session, whatever was asked for. */
    rdma: since(
      3,
      Type.Optional(
        Type.Object(
          {
            address: Type.String({ pattern: "^[0-9A-Fa-f.:]{2,45}$" }),
            port: Type.Integer({ minimum: 1024, maximum: 65_535 }),
          },
          strict,
        ),
      ),
    ),
    /** QEMU compresses it itself, over so many further streams; then `encoding` is absent. */
    channels: since(3, Type.Optional(Type.Integer({ minimum: 1, maximum: channelsMax }))),
    /** Absent: QEMU's stream is to cross as it is, whatever was asked for. */
    encoding: Type.Optional(
      Type.Object(
        {
          /** The most that the source may have the target keep of pages sent before. */
          pageCacheBytesMax: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
          /** The block of memory whose pages the target's agent puts in their place itself; null: none. */
          placedBlock: Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Null()]),
        },
        strict,
      ),
    ),
  }),
  message("stopped", {
    /** Most it may stand still; absent: what the target's host allows. */
    blackoutMsAllowed: Type.Optional(since(3, Type.Number({ minimum: 0, maximum: 3_600_000 }))),
    /** What crossed so far, and the most that did in some tenths of a second: the target's moves go the same way back. */
    wireBytes: Type.Optional(since(3, Type.Integer({ minimum: 0 }))),
    wirePeakBytesPerSecond: Type.Optional(since(3, Type.Integer({ minimum: 0 }))),
    /** The guest goes on before all of its memory is there. */
    postCopy: Type.Optional(since(3, Type.Boolean())),
  }),
  message("mirrored", {}),
  message("sealed", {}),
  message("ready", { generation: Generation }),
  message("digest-request", {
    firstPage: Type.Integer({ minimum: 0 }),
    pages: Type.Integer({ minimum: 1 }),
    pagesPerDigest: Type.Integer({ minimum: 1 }),
    /** Of the digests, 16 bytes in base64; absent: SHA-256 (src/memory/digest-memory.ts). */
    key: Type.Optional(since(3, Type.String({ pattern: "^[A-Za-z0-9+/]{22}==$" }))),
  }),
  message("digests", { digests: Type.Array(Type.String({ maxLength: 44 }), { maxItems: 8192 }) }),
  message("take", { generation: Generation }),
  message("taken", { generation: Generation, resumeMs: Type.Number({ minimum: 0 }) }),
  message("announced", {}),
  since(
    3,
    message("serial-log", {
      /** The source's name for its log, so that who has read a part of it goes on there; null: it has none. */
      log: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
      /** Its length since it began, of which `bytes` are the end. */
      length: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
      /** Base64. */
      bytes: Type.String({ maxLength: 704 * 1024, pattern: "^[A-Za-z0-9+/]*=*$" }),
    }),
  ),
  message("abandon", { reason: Type.String({ maxLength: 2048 }) }),
  message("abandoned", {}),
  message("failed", {
    code: Type.String({ maxLength: 64 }),
    message: Type.String({ maxLength: 4096 }),
    remedy: Type.Optional(Type.String({ maxLength: 4096 })),
  }),
]);

export type ControlMessage = Type.Static<typeof ControlMessage>;
export type ControlMessageOf<Kind extends ControlMessage["type"]> = Extract<
  ControlMessage,
  { type: Kind }
>;
