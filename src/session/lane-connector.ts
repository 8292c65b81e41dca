/** One attempt of the source to open a lane: TCP, TLS, who is there, hello, welcome. */
import { networkInterfaces } from "node:os";
import { connect, type TLSSocket } from "node:tls";
import { FerryError } from "../base/errors.ts";
import { frameTypes } from "../protocol/frame.ts";
import type { Frame } from "../protocol/frame-decoder.ts";
import { encodeHello } from "./hello.ts";
import { Lane } from "./lane.ts";
import { checkPeer, laneProtocol, refused, secureContext } from "./lane-security.ts";
import { dialMs, strangerMs } from "./limits.ts";
import { localAddressFor } from "./local-address.ts";
import type { SourceSettings } from "./worker-messages.ts";

/**
 * @param admitted called, before another frame is read, when the target has admitted the lane
 * @throws FerryError `peer-refused`, `unreachable`, `timeout`
 */
export async function connectLane(
  settings: SourceSettings,
  number: number,
  address: string,
  admitted: (lane: Lane) => void,
): Promise<Lane> {
  const { promise, resolve, reject } = Promise.withResolvers<Lane>();
  // The address of the same network, so that a lane stays in it whatever else leads there.
  const localAddress = localAddressFor(address, networkInterfaces());
  const socket = connect({
    ...secureContext(settings),
    host: address,
    ...(localAddress === undefined ? {} : { localAddress }),
    port: settings.port,
    ALPNProtocols: [laneProtocol],
    // A host is known by its id (checkPeer), not by a name or address.
    checkServerIdentity: () => undefined,
  });
  const failed = (cause: Error) => reject(asFerryError(cause, socket, address, settings.port));
  socket.once("error", failed);
  socket.once("secureConnect", () => {
    socket.off("error", failed);
    try {
      checkPeer(socket, settings);
      resolve(greet(socket, settings, number, admitted));
    } catch (error) {
      reject(error);
    }
  });
  const tooLateAfter = (ms: number) =>
    setTimeout(() => reject(tooLate(address, settings.port, ms)), ms);
  let timer = tooLateAfter(dialMs);
  socket.once("connect", () => {
    clearTimeout(timer);
    timer = tooLateAfter(strangerMs);
  });
  try {
    return await promise;
  } catch (error) {
    socket.on("error", () => {}).destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function greet(
  socket: TLSSocket,
  settings: SourceSettings,
  number: number,
  admitted: (lane: Lane) => void,
): Promise<Lane> {
  const { promise, resolve, reject } = Promise.withResolvers<Lane>();
  const nothing = () => {};
  const timer = setTimeout(() => lane.close("no welcome in time"), strangerMs);
  const lane = new Lane(socket, number, settings.limits, {
    room: nothing,
    received: nothing,
    frame: (frame: Frame) => {
      if (frame.type !== frameTypes.welcome) {
        const reason = Buffer.concat(frame.payload).toString();
        reject(refused(socket, `it does not admit us: ${reason || "it gives no reason"}`));
        return lane.close(reason);
      }
      clearTimeout(timer);
      admitted(lane);
      resolve(lane);
    },
    closed: (_, reason) => {
      clearTimeout(timer);
      reject(new FerryError("unreachable", `Cannot open a lane to "${lane.remote}": ${reason}`));
    },
  });
  const { id: session, ticket, version } = settings;
  lane.say(frameTypes.hello, 0, 0, encodeHello({ session, ticket, version, lane: number }));
  return promise;
}

function asFerryError(cause: Error, socket: TLSSocket, address: string, port: number): FerryError {
  const alert = (cause as NodeJS.ErrnoException).code?.includes("ALERT") === true;
  const unverified: unknown = socket.authorizationError;
  if (alert || (unverified !== null && unverified !== undefined)) {
    return new FerryError(
      "peer-refused",
      `Cannot open a lane to "${address}" port ${port}: one end does not trust the other's certificate`,
      { cause, remedy: "Check with `ferry domain` that each host trusts the other's domain" },
    );
  }
  return new FerryError("unreachable", `Cannot open a lane to "${address}" port ${port}`, {
    remedy: "Open the ports of session.portFirst to session.portLast between the hosts",
    cause,
  });
}

function tooLate(address: string, port: number, ms: number): FerryError {
  return new FerryError(
    "timeout",
    `Cannot open a lane to "${address}" port ${port}: no answer in ${ms} ms`,
    { remedy: "Open the ports of session.portFirst to session.portLast between the hosts" },
  );
}
