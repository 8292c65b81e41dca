/**
 * Sends a raw Ethernet frame out of a device, and receives those of one kind. Node has no packet sockets; four calls of the
 * C library through `node:ffi` are the whole of it (docs/decisions/0021-announcements.md). The only file beside base/trim-memory.ts that uses FFI.
 */
import { FerryError } from "../base/errors.ts";

const afPacket = 17;
const sockRaw = 3;
const socketAddressBytes = 20;
const doNotWait = 0x40;
const frameBytesMax = 2048;

export type SendFrame = (deviceIndex: number, frame: Buffer) => void;

export interface ReceivedFrame {
  readonly deviceIndex: number;
  readonly frame: Buffer;
}

/** @throws FerryError `unsupported` when this Node has no FFI, `system-refused`. */
export async function openPacketSocket(): Promise<{ send: SendFrame } & Disposable> {
  const functions = await openLibrary();
  // Protocol 0: the socket receives nothing, it only sends.
  const descriptor = functions.socket(afPacket, sockRaw, 0);
  if (descriptor < 0) throw refused("open a packet socket");
  return {
    send(deviceIndex, frame) {
      const address = linkAddress(deviceIndex, frame);
      const sent = functions.sendto(
        descriptor,
        frame,
        BigInt(frame.length),
        0,
        address,
        address.length,
      );
      if (Number(sent) !== frame.length) throw refused(`send a frame out of device ${deviceIndex}`);
    },
    [Symbol.dispose]() {
      functions.close(descriptor);
    },
  };
}

/**
 * Receives frames of one EtherType that come in through any device; `receive` does not wait.
 * @throws FerryError `unsupported` when this Node has no FFI, `system-refused`.
 */
export async function openPacketListener(
  etherType: number,
): Promise<{ receive(): ReceivedFrame | undefined } & Disposable> {
  const functions = await openLibrary();
  const network = ((etherType & 0xff) << 8) | (etherType >> 8);
  const descriptor = functions.socket(afPacket, sockRaw, network);
  if (descriptor < 0) throw refused("open a packet socket");
  const buffer = Buffer.alloc(frameBytesMax);
  const address = Buffer.alloc(socketAddressBytes);
  const length = Buffer.alloc(4);
  return {
    receive() {
      length.writeUInt32LE(socketAddressBytes);
      const size = BigInt(buffer.length);
      const got = Number(functions.recvfrom(descriptor, buffer, size, doNotWait, address, length));
      if (got < 0) return undefined;
      return { deviceIndex: address.readInt32LE(4), frame: Buffer.from(buffer.subarray(0, got)) };
    },
    [Symbol.dispose]() {
      functions.close(descriptor);
    },
  };
}

async function openLibrary() {
  const { dlopen } = await import("node:ffi").catch((cause: unknown) => {
    throw new FerryError("unsupported", "Cannot use frames: this Node has no node:ffi", { cause });
  });
  return dlopen(null, {
    socket: { return: "i32", arguments: ["i32", "i32", "i32"] },
    sendto: { return: "i64", arguments: ["i32", "buffer", "u64", "i32", "buffer", "u32"] },
    recvfrom: { return: "i64", arguments: ["i32", "buffer", "u64", "i32", "buffer", "buffer"] },
    close: { return: "i32", arguments: ["i32"] },
  }).functions;
}

/** `struct sockaddr_ll` for the frame's destination. */
function linkAddress(deviceIndex: number, frame: Buffer): Buffer {
  const address = Buffer.alloc(socketAddressBytes);
  address.writeUInt16LE(afPacket, 0);
  frame.copy(address, 2, 12, 14); // protocol, network order as in the frame
  address.writeInt32LE(deviceIndex, 4);
  address.writeUInt8(6, 11);
  frame.copy(address, 12, 0, 6);
  return address;
}

function refused(action: string): FerryError {
  return new FerryError("system-refused", `Cannot ${action}`, {
    remedy: "The agent needs CAP_NET_RAW in this network namespace",
  });
}
