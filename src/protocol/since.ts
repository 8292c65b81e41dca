/**
 * What older agents do not know: properties that were added after a protocol version are marked in their schema, and left
 * out of what is said to an agent that speaks an older one. Agents before version 3 refuse what they do not know. Pure.
 */
import type { TSchema } from "typebox";
import Value from "typebox/value";

const keyword = "x-since-protocol";

interface Marked {
  readonly [keyword]?: number;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly patternProperties?: Readonly<Record<string, TSchema>>;
  readonly additionalProperties?: TSchema | boolean;
  readonly items?: TSchema;
  readonly anyOf?: readonly TSchema[];
}

/** The schema, marked as known from that protocol version on. What is so marked must be optional or have a default. */
export function since<T extends TSchema>(version: number, schema: T): T {
  // TypeBox keeps its own notes beside the keywords, out of sight of a spread.
  return Object.defineProperties({} as T, {
    ...Object.getOwnPropertyDescriptors(schema),
    [keyword]: { value: version, enumerable: true, configurable: true, writable: true },
  });
}

/** The protocol version from which on agents know this schema; 0: all do. */
export function knownSince(schema: TSchema): number {
  return (schema as Marked)[keyword] ?? 0;
}

/** The value as an agent of that version knows it: without what came later. */
export function asKnownTo(version: number, schema: TSchema, value: unknown): unknown {
  const { properties, patternProperties, additionalProperties, items, anyOf } = schema as Marked;
  if (anyOf !== undefined) {
    const fitting = variantOf(anyOf, value);
    return fitting === undefined ? value : asKnownTo(version, fitting, value);
  }
  if (Array.isArray(value)) {
    return items === undefined ? value : value.map((item) => asKnownTo(version, items, item));
  }
  if (typeof value !== "object" || value === null) return value;
  const others =
    Object.values(patternProperties ?? {})[0] ??
    (typeof additionalProperties === "object" ? additionalProperties : undefined);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, part]): [string, unknown][] => {
      const own = properties?.[name] ?? others;
      if (own === undefined) return [[name, part]];
      return knownSince(own) > version ? [] : [[name, asKnownTo(version, own, part)]];
    }),
  );
}

/**
 * Where a value says something that an agent of that version would not hear: the paths of properties that came later
 * and hold something other than their default, such as `/machine/tpm`.
 */
export function unknownTo(version: number, schema: TSchema, value: unknown, path = ""): string[] {
  const { properties, patternProperties, additionalProperties, items, anyOf } = schema as Marked;
  if (anyOf !== undefined) {
    const fitting = variantOf(anyOf, value);
    if (fitting === undefined) return [];
    return knownSince(fitting) > version ? [path] : unknownTo(version, fitting, value, path);
  }
  if (Array.isArray(value)) {
    if (items === undefined) return [];
    return value.flatMap((item, index) => unknownTo(version, items, item, `${path}/${index}`));
  }
  if (typeof value !== "object" || value === null) return [];
  const others =
    Object.values(patternProperties ?? {})[0] ??
    (typeof additionalProperties === "object" ? additionalProperties : undefined);
  return Object.entries(value).flatMap(([name, part]) => {
    const own = properties?.[name] ?? others;
    const here = `${path}/${name}`;
    if (own === undefined || part === undefined) return [];
    if (knownSince(own) <= version) return unknownTo(version, own, part, here);
    const isDefault =
      JSON.stringify(part) === JSON.stringify((own as { default?: unknown }).default);
    return isDefault ? [] : [here];
  });
}

/** Which of a union's variants a value is: the one that it fits, else the one whose literals it has. */
function variantOf(anyOf: readonly TSchema[], value: unknown): TSchema | undefined {
  const fitting = anyOf.find((variant) => Value.Check(variant, value));
  if (fitting !== undefined || typeof value !== "object" || value === null) return fitting;
  return anyOf.find((variant) => {
    const { properties } = variant as Marked;
    const literals = Object.entries(properties ?? {}).filter(([, own]) => "const" in own);
    return (
      properties !== undefined &&
      literals.every(([name, own]) => Value.Check(own, (value as Record<string, unknown>)[name]))
    );
  });
}
