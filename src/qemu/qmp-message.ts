/** What QEMU can say on a QMP socket, told apart. Pure. */
import { FerryError } from "../base/errors.ts";
import type { QmpEvent } from "./qmp.ts";

export type QmpMessage =
  | { readonly kind: "greeting"; readonly version: string }
  | { readonly kind: "return"; readonly id: number; readonly value: unknown }
  | {
      readonly kind: "error";
      readonly id: number | undefined;
      readonly errorClass: string;
      readonly description: string;
    }
  | { readonly kind: "event"; readonly event: QmpEvent };

/** @throws FerryError `qemu-failed` when the line is not a QMP message. */
export function parseQmpMessage(line: string): QmpMessage {
  const message = parseObject(line);
  if ("QMP" in message) return { kind: "greeting", version: greetingVersion(message["QMP"]) };
  if (typeof message["event"] === "string") return { kind: "event", event: parseEvent(message) };
  const id = typeof message["id"] === "number" ? message["id"] : undefined;
  if (isObject(message["error"])) {
    return {
      kind: "error",
      id,
      errorClass: String(message["error"]["class"] ?? "GenericError"),
      description: String(message["error"]["desc"] ?? "no description"),
    };
  }
  if ("return" in message && id !== undefined)
    return { kind: "return", id, value: message["return"] };
  throw notQmp(line);
}

function parseObject(line: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw notQmp(line, cause);
  }
  if (!isObject(value)) throw notQmp(line);
  return value;
}

function parseEvent(message: Record<string, unknown>): QmpEvent {
  const timestamp = isObject(message["timestamp"]) ? message["timestamp"] : {};
  // QEMU says seconds -1 when it could not read its clock; 0 is as good as any lie.
  const seconds = Math.max(0, Number(timestamp["seconds"] ?? 0));
  const microseconds = Math.max(0, Number(timestamp["microseconds"] ?? 0));
  return {
    event: String(message["event"]),
    data: isObject(message["data"]) ? message["data"] : {},
    timestampMs: seconds * 1000 + microseconds / 1000,
  };
}

function greetingVersion(greeting: unknown): string {
  const version = isObject(greeting) && isObject(greeting["version"]) ? greeting["version"] : {};
  const numbers = isObject(version["qemu"]) ? version["qemu"] : {};
  return `${Number(numbers["major"] ?? 0)}.${Number(numbers["minor"] ?? 0)}.${Number(numbers["micro"] ?? 0)}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function notQmp(line: string, cause?: unknown): FerryError {
  return new FerryError("qemu-failed", `Cannot understand QMP line "${line.slice(0, 120)}"`, {
    cause,
  });
}
