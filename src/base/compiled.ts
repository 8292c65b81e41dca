/** Schemas made into functions, each once: looking a list of thousands of VMs through property by property takes forty times as long. */
import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";

const done = new WeakMap<TSchema, unknown>();

export function compiled<T extends TSchema>(schema: T): Validator<Record<never, never>, T> {
  const present = done.get(schema) as Validator<Record<never, never>, T> | undefined;
  if (present !== undefined) return present;
  const form = Compile(schema);
  done.set(schema, form);
  return form;
}
