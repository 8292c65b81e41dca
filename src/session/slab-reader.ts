/**
 * Makes a socket read into slabs. Node offers this (`onread`) only for sockets that connect, and half of ours are
 * accepted; what it does for those is done here for any socket, through the same fields. Where a version of Node has
 * them no longer, the socket is read as usual: slower, and right all the same.
 */
import type { Socket } from "node:net";
import { SlabFiller } from "./slabs.ts";

/** What Node's net.Socket reads by when it is given `onread`. */
const fields = ["kBuffer", "kBufferCb", "kBufferGen"] as const;

interface UserBufferHandle {
  useUserBuffer(buffer: Uint8Array): void;
}

/**
 * From now on `onBytes` gets what the socket reads; the bytes are lent (`giveBack`). Reading starts and stops with
 * `resume` and `pause`.
 *
 * @returns whether slabs are used
 */
export function readIntoSlabs(socket: Socket, onBytes: (bytes: Buffer) => void): boolean {
  const handle = handleOf(socket);
  const symbols = Object.getOwnPropertySymbols(socket);
  const found = fields.map((name) => symbols.find((symbol) => symbol.description === name));
  const [buffer, callback, generate] = found;
  const isUsual =
    handle === undefined ||
    buffer === undefined ||
    callback === undefined ||
    generate === undefined ||
    // Bytes that were read before would be overtaken.
    socket.readableLength > 0;
  if (isUsual) {
    socket.on("data", onBytes);
    return false;
  }
  const filler = new SlabFiller();
  const first = filler.next();
  Object.assign(socket, {
    [buffer]: first,
    [callback]: (bytes: number) => onBytes(filler.filled(bytes)),
    [generate]: () => filler.next(),
  });
  handle.useUserBuffer(first);
  return true;
}

function handleOf(socket: Socket): UserBufferHandle | undefined {
  const handle: unknown = Reflect.get(socket, "_handle");
  if (typeof handle !== "object" || handle === null) return undefined;
  return "useUserBuffer" in handle ? (handle as UserBufferHandle) : undefined;
}
