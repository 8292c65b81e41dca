/** The part of a route's schema that says what comes back: the good answer, and the one shape of every other. */
import Type, { type TSchema } from "typebox";
import { ErrorAnswer } from "../schema/error.ts";

/** An object that could also be empty: routes that answer 204. */
const nothing = Type.Null({ description: "Done" });

export function answers<T extends TSchema>(schema: T) {
  return { 200: schema, default: ErrorAnswer };
}

export function created<T extends TSchema>(schema: T) {
  return { 201: schema, default: ErrorAnswer };
}

export function accepted<T extends TSchema>(schema: T) {
  return { 202: schema, default: ErrorAnswer };
}

export const done = { 204: nothing, default: ErrorAnswer };

/** For routes whose good answer is no JSON. */
export const orError = { default: ErrorAnswer };
