/**
 * Sends a raw Ethernet frame out of a device. Node has no packet sockets; three calls of the C library through
 * `node:ffi` are the whole of it (docs/decisions/0021-announcements.md). The only file that uses FFI.
 */
import { FerryError } from "../base/errors.ts";

const afPacket = 17;
const sockRaw = 3;
const socketAddressBytes = 20;

export type SendFrame = (deviceIndex: number, frame: Buffer) => void;

/** @throws FerryError `unsupported` when this Node has no FFI. */
export async function openPacketSocket(): Promise<{ send: SendFrame } & Disposable> {
  const { dlopen } = await import("node:ffi").catch((cause: unknown) => {
    throw new FerryError("unsupported", "Cannot send frames: this Node has no node:ffi", { cause });
  });
  const { functions } = dlopen(null, {
    socket: { return: "i32", arguments: ["i32", "i32", "i32"] },
    sendto: { return: "i64", arguments: ["i32", "buffer", "u64", "i32", "buffer", "u32"] },
    close: { return: "i32", arguments: ["i32"] },
  });
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
