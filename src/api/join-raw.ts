/** Two connections made one, after the far end agreed to leave HTTP. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

export interface Upgraded {
  readonly answer: IncomingMessage;
  readonly socket: Duplex;
  /** What already came after the answer's head. */
  readonly head: Buffer;
}

/** Repeats the far end's answer to the near one; from then on every byte goes through, until either end closes. */
export function joinRaw(near: Duplex, head: Buffer, { answer, ...far }: Upgraded): void {
  const lines = [`HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ""}`];
  for (let index = 0; index + 1 < answer.rawHeaders.length; index += 2) {
    lines.push(`${answer.rawHeaders[index]}: ${answer.rawHeaders[index + 1]}`);
  }
  near.write(`${lines.join("\r\n")}\r\n\r\n`);
  if (far.head.length > 0) near.write(far.head);
  if (head.length > 0) far.socket.write(head);
  near.pipe(far.socket).pipe(near);
  far.socket.on("error", () => near.destroy());
  far.socket.on("close", () => near.destroy());
  near.on("error", () => far.socket.destroy());
  near.on("close", () => far.socket.destroy());
}
