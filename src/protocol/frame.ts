/**
 * The frames that travel on a lane: a header of 16 bytes, then the payload. All integers are big-endian.
 *
 * | at | bytes | field    | meaning                                                                             |
 * |----|-------|----------|-------------------------------------------------------------------------------------|
 * | 0  | 1     | type     | one of `frameTypes`; 0 is invalid, so that zeroed memory means nothing              |
 * | 1  | 1     | flags    | `frameFlags`; a bit that the type does not know is an error                         |
 * | 2  | 2     | stream   | which stream of the sender; 0 is the control stream, and of frames about the lane   |
 * | 4  | 4     | length   | bytes of payload that follow                                                        |
 * | 8  | 8     | sequence | numbered frames: their place in the stream, from 0; others: see the table of types  |
 *
 * Numbered frames (control, open, data, end) belong to a stream, not to a lane: they are applied in order, each
 * once, and go out again on another lane if theirs breaks before they are acknowledged.
 *
 * | type         | about    | sequence                                    | payload                                   |
 * |--------------|----------|---------------------------------------------|-------------------------------------------|
 * | hello        | lane     | 0                                           | who opens the lane; the first frame on it |
 * | welcome      | lane     | 0                                           | none; the lane is admitted                |
 * | received     | lane     | numbered payload received on this lane      | none                                      |
 * | acknowledged | stream   | how many of its frames were applied         | none                                      |
 * | ping, pong   | lane     | the pinger's clock, echoed                  | none                                      |
 * | goodbye      | session  | 0                                           | why the session ends, UTF-8               |
 * | control      | stream 0 | numbered                                    | one control message, JSON                 |
 * | open         | stream   | 0                                           | the stream's name, UTF-8                  |
 * | data         | stream   | numbered                                    | bytes of the local socket                 |
 * | end          | stream   | numbered                                    | nothing, or with `aborted` why, UTF-8     |
 */
import { FerryError } from "../base/errors.ts";

/** Here and not with the messages: a session's worker knows frames, and loads no schemas. */
export const controlMessageBytesMax = 1024 * 1024;

export const frameTypes = {
  hello: 1,
  welcome: 2,
  received: 3,
  acknowledged: 4,
  ping: 5,
  pong: 6,
  goodbye: 7,
  control: 8,
  open: 9,
  data: 10,
  end: 11,
} as const;
export type FrameType = (typeof frameTypes)[keyof typeof frameTypes];

export const frameFlags = {
  /** Of `end`: the sender's local socket failed, or was closed on purpose, with bytes missing. */
  aborted: 1,
} as const;

export const frameHeaderBytes = 16;
/** Few enough that one frame does not hold up a control message, enough that headers cost nothing. */
export const dataBytesMax = 256 * 1024;
/** A reason is a sentence for a person. */
export const reasonBytesMax = 1024;

export interface FrameHeader {
  readonly type: FrameType;
  readonly flags: number;
  readonly stream: number;
  readonly length: number;
  readonly sequence: number;
}

interface Shape {
  readonly lengthMax: number;
  readonly flags: number;
  /** Whether the frame may name a stream other than 0. */
  readonly ofStream: boolean;
}

const bare: Shape = { lengthMax: 0, flags: 0, ofStream: false };
const shapes: { readonly [type: number]: Shape } = {
  [frameTypes.hello]: { ...bare, lengthMax: 1024 },
  [frameTypes.welcome]: bare,
  [frameTypes.received]: bare,
  [frameTypes.acknowledged]: { ...bare, ofStream: true },
  [frameTypes.ping]: bare,
  [frameTypes.pong]: bare,
  [frameTypes.goodbye]: { ...bare, lengthMax: reasonBytesMax },
  [frameTypes.control]: { ...bare, lengthMax: controlMessageBytesMax },
  [frameTypes.open]: { lengthMax: 128, flags: 0, ofStream: true },
  [frameTypes.data]: { lengthMax: dataBytesMax, flags: 0, ofStream: true },
  [frameTypes.end]: { lengthMax: reasonBytesMax, flags: frameFlags.aborted, ofStream: true },
};

export function encodeHeader(header: FrameHeader): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderBytes);
  bytes[0] = header.type;
  bytes[1] = header.flags;
  bytes.writeUInt16BE(header.stream, 2);
  bytes.writeUInt32BE(header.length, 4);
  bytes.writeUInt16BE(0, 8);
  bytes.writeUIntBE(header.sequence, 10, 6);
  return bytes;
}

/**
 * Reads and checks a header before anything is allocated for its payload.
 *
 * @param bytes exactly `frameHeaderBytes`
 * @throws FerryError `peer-protocol`
 */
export function decodeHeader(bytes: Buffer): FrameHeader {
  const type = bytes.readUInt8(0);
  const flags = bytes.readUInt8(1);
  const stream = bytes.readUInt16BE(2);
  const length = bytes.readUInt32BE(4);
  const shape = shapes[type];
  if (shape === undefined) throw unreadable(`type ${type} is unknown`);
  if ((flags & ~shape.flags) !== 0) throw unreadable(`flags ${flags} are unknown in type ${type}`);
  if (length > shape.lengthMax) {
    throw unreadable(
      `${length} bytes in a frame of type ${type}, at most ${shape.lengthMax} wanted`,
    );
  }
  if (stream !== 0 && !shape.ofStream) {
    throw unreadable(`stream ${stream} in a frame of type ${type}, which is about none`);
  }
  // 48 bits number every byte of 256 TiB; what needs more is not a sequence number.
  if (bytes.readUInt16BE(8) !== 0) throw unreadable("its sequence number is beyond 48 bits");
  return { type: type as FrameType, flags, stream, length, sequence: bytes.readUIntBE(10, 6) };
}

function unreadable(why: string): FerryError {
  return new FerryError("peer-protocol", `Cannot read a frame: ${why}`);
}
