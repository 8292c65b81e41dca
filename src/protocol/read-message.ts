/** What came as a control message, believed only when it is one. Pure. */
import Value from "typebox/value";
import { FerryError } from "../base/errors.ts";
import { ControlMessage } from "./messages.ts";

/** @throws FerryError `peer-protocol` naming what is wrong with it. */
export function readMessage(json: string): ControlMessage {
  let message: unknown;
  try {
    message = JSON.parse(json);
  } catch (cause) {
    throw new FerryError("peer-protocol", "Cannot read a control message: it is not JSON", {
      cause,
    });
  }
  if (Value.Check(ControlMessage, message)) return message;
  const [error] = Value.Errors(ControlMessage, message);
  throw new FerryError(
    "peer-protocol",
    `Cannot read a control message: ${error?.instancePath || "/"} ${error?.message ?? "is wrong"}`,
  );
}
