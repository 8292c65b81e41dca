/** The unix sockets of this host's QEMU. */
import { once } from "node:events";
import { chmodSync, chownSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { FerryError } from "../base/errors.ts";
import type { SocketOwner } from "./session.ts";

/**
 * Listens for so many connections; the path is gone once they came.
 *
 * @throws FerryError `already-exists`, `system-refused`
 */
export async function listenFor(
  count: number,
  path: string,
  owner: SocketOwner,
  accepted: (socket: Socket) => void,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
  let missing = count;
  server.on("connection", (socket: Socket) => {
    missing -= 1;
    // More than one were waiting already.
    if (missing < 0) {
      socket.destroy();
      return;
    }
    if (missing === 0) {
      server.close();
      rmSync(path, { force: true });
    }
    accepted(socket);
  });
  try {
    server.listen(path);
    await once(server, "listening");
    chmodSync(path, 0o600);
    chownSync(path, owner.uid, owner.gid);
    return server;
  } catch (cause) {
    server.close();
    const isTaken = (cause as NodeJS.ErrnoException).code === "EADDRINUSE";
    throw new FerryError(
      isTaken ? "already-exists" : "system-refused",
      `Cannot listen on socket "${path}"`,
      { cause, remedy: "Check that its directory is the agent's and nothing else uses the path" },
    );
  }
}

/** @returns a paused connection. @throws FerryError `qemu-failed` when nobody listens there */
export async function connectOnce(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true });
  try {
    await once(socket, "connect");
    socket.pause();
    return socket;
  } catch (cause) {
    throw new FerryError("qemu-failed", `Cannot connect to socket "${path}"`, {
      cause,
      remedy: "See the VM's log for why its QEMU does not listen",
    });
  }
}
