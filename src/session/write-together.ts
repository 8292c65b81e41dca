/** Writes several pieces with one system call. */
import type { Socket } from "node:net";

/** @param written called once the last piece has been taken, or the socket is closed */
export function writeTogether(
  socket: Socket,
  pieces: readonly Buffer[],
  written: () => void,
): void {
  const last = pieces.length - 1;
  if (last < 0) return written();
  socket.cork();
  for (const [index, piece] of pieces.entries()) {
    if (index < last) socket.write(piece);
    else socket.write(piece, () => written());
  }
  socket.uncork();
}
