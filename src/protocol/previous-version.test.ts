/**
 * Agents of the previous protocol version and of this one understand each other. What the previous version says was recorded
 * from two real agents of it (recorded/version-2.json), while they moved a VM on a shared pool, compared its memory, and moved it
 * back with its disk; with it are the schemas against which they hold what they hear, and they refuse what is not in them.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import Type, { type TSchema } from "typebox";
import Value from "typebox/value";
import { madeValue } from "../../test/support/made-value.ts";
import { Health, Host } from "../api/schema/host.ts";
import { MigrationList } from "../api/schema/migration.ts";
import {
  PeerCheckAnswer,
  PeerMigrationStatus,
  PeerSessionAnswer,
  PeerSessionRequest,
  PeerSlotAnswer,
  PeerSlotRequest,
  PeerTakeRequest,
} from "../api/schema/peer.ts";
import { VmList } from "../api/schema/vm.ts";
import { FactsRequest } from "../precheck/facts.ts";
import { ControlMessage } from "./messages.ts";
import { asKnownTo, knownSince, since, unknownTo } from "./since.ts";
import { currentVersion, knownVersions } from "./version.ts";

const previous = currentVersion - 1;

/** What this version's agents say and hear, under the names that the recording has. */
const today: Readonly<Record<string, TSchema>> = {
  ControlMessage,
  ...{ PeerSessionRequest, PeerSessionAnswer, PeerMigrationStatus, PeerTakeRequest },
  // What is heard of newer hosts beside it no older one hears.
  PeerCheckRequest: FactsRequest,
  ...{ PeerCheckAnswer, PeerSlotRequest, PeerSlotAnswer },
  ...{ Host, Health, VmList, MigrationList },
};

interface Recorded {
  readonly schemas: Readonly<Record<string, TSchema>>;
  readonly conversation: readonly {
    readonly message?: unknown;
    readonly question?: string;
    readonly body?: unknown;
    readonly answer?: unknown;
  }[];
}

const recorded = JSON.parse(
  readFileSync(new URL(`recorded/version-${previous}.json`, import.meta.url), "utf8"),
) as Recorded;

/** By question: the names of what is asked and answered. */
const forms: Readonly<Record<string, readonly [asked: string | null, answered: string]>> = {
  "POST /v1/peer/checks": ["PeerCheckRequest", "PeerCheckAnswer"],
  "POST /v1/peer/slots": ["PeerSlotRequest", "PeerSlotAnswer"],
  "POST /v1/peer/sessions": ["PeerSessionRequest", "PeerSessionAnswer"],
  "GET /v1/peer/migrations/{id}": [null, "PeerMigrationStatus"],
  "GET /v1/vms": [null, "VmList"],
  "GET /v1/migrations": [null, "MigrationList"],
  "GET /health": [null, "Health"],
};

interface Said {
  readonly form: string;
  readonly value: unknown;
  readonly isAnswer: boolean;
}

const said: readonly Said[] = recorded.conversation.flatMap((entry): Said[] => {
  const { message, question = "", body, answer } = entry;
  if (message !== undefined) return [{ form: "ControlMessage", value: message, isAnswer: false }];
  const [asked, answered = ""] = forms[question] ?? [];
  return [
    ...(asked ? [{ form: asked, value: body, isAnswer: false }] : []),
    { form: answered, value: answer, isAnswer: true },
  ];
});

test("the previous version is spoken", () => {
  assert.ok(knownVersions.includes(previous));
  assert.ok(said.length > 30);
});

test("all that an agent of the previous version says is understood today", () => {
  for (const { form, value, isAnswer } of said) {
    const schema = today[form] ?? Type.Never();
    // What PeerClient does with answers; messages and requests are taken as they are.
    const read = isAnswer ? Value.Default(schema, structuredClone(value)) : value;
    assert.ok(Value.Check(schema, read), `${form} ${JSON.stringify(value).slice(0, 300)}`);
  }
});

test("all that is said today is understood by an agent of the previous version, once it is told in its form", () => {
  for (const { form, value } of said) {
    const [whole = Type.Never(), theirs = Type.Never()] = [today[form], recorded.schemas[form]];
    // What is made up fits no schema: which message it is has to be known before.
    const schema = (whole as Looked).anyOf?.find((kind) => Value.Check(kind, value)) ?? whole;
    const dressed = withAllThatIsNew(schema, value);
    const told = asKnownTo(previous, schema, dressed);
    assert.ok(Value.Check(theirs, told), `${form} ${JSON.stringify(told).slice(0, 300)}`);
  }
});

test("a value is made for every part of every message, so that a field of any kind may be added to them", () => {
  for (const part of Object.values(today).flatMap(partsOf)) {
    assert.ok(Value.Check(part, madeValue(part)));
  }
});

test("what was added to messages since then is marked: since(VERSION, …), and optional or with a default", () => {
  const problems = Object.entries(recorded.schemas).flatMap(([name, theirs]) =>
    changes(today[name] ?? Type.Never(), theirs, name),
  );
  assert.deepEqual(problems, []);
});

test("asKnownTo() leaves out what came later, wherever it is, and unknownTo() says where it matters", () => {
  const Schema = Type.Object({
    old: Type.String(),
    list: Type.Array(
      Type.Object({ kept: Type.Integer(), later: since(9, Type.Optional(Type.String())) }),
    ),
    more: since(
      9,
      Type.Union([Type.Object({ a: Type.Integer() }), Type.Null()], { default: null }),
    ),
  });
  const value = { old: "x", list: [{ kept: 1, later: "y" }, { kept: 2 }], more: null };
  assert.ok(Value.Check(Schema, value));
  assert.deepEqual(asKnownTo(8, Schema, value), { old: "x", list: [{ kept: 1 }, { kept: 2 }] });
  assert.deepEqual(asKnownTo(9, Schema, value), value);
  assert.deepEqual(unknownTo(8, Schema, value), ["/list/0/later"]);
  assert.deepEqual(unknownTo(8, Schema, { ...value, more: { a: 1 } }), ["/list/0/later", "/more"]);
});

interface Looked {
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly items?: TSchema;
  readonly anyOf?: readonly TSchema[];
  readonly additionalProperties?: unknown;
  readonly patternProperties?: Readonly<Record<string, TSchema>>;
  readonly default?: unknown;
}

/** A schema and all that it is made of. */
function partsOf(schema: TSchema): TSchema[] {
  const { properties = {}, items = [], anyOf = [] } = schema as Looked;
  const parts = [...Object.values(properties), ...anyOf, ...[items].flat()];
  return [schema, ...parts.flatMap(partsOf)];
}

/** The value with every property that the previous version does not know, made up. */
function withAllThatIsNew(schema: TSchema, value: unknown): unknown {
  const { properties = {}, items, anyOf } = schema as Looked;
  const fitting = anyOf?.find((variant) => Value.Check(variant, value));
  if (fitting !== undefined) return withAllThatIsNew(fitting, value);
  if (Array.isArray(value)) {
    return items === undefined ? value : value.map((item) => withAllThatIsNew(items, item));
  }
  if (typeof value !== "object" || value === null) return value;
  const present = Object.entries(value).map(([name, part]) => {
    const own = properties[name];
    return [name, own === undefined ? part : withAllThatIsNew(own, part)] as const;
  });
  const added = Object.entries(properties)
    .filter(([name, own]) => knownSince(own) > previous && !Object.hasOwn(value, name))
    .map(([name, own]) => [name, madeValue(own)] as const);
  return Object.fromEntries([...present, ...added]);
}

/** What an agent of the previous version would stumble over. */
function changes(ours: TSchema, theirs: TSchema, path: string): string[] {
  const [now, then] = [ours as Looked, theirs as Looked];
  if (now.anyOf !== undefined && then.anyOf !== undefined) {
    const old = then.anyOf;
    return now.anyOf.flatMap((variant) => {
      const twin = old.find((other) => kindOf(other) === kindOf(variant));
      if (twin !== undefined) return changes(variant, twin, `${path} ${kindOf(variant)}`);
      // A new literal is an option's: who chooses it on a host that does not have it is told so there.
      const isLiteral = kindOf(variant).startsWith("const ");
      return isLiteral || knownSince(variant) > previous
        ? []
        : [`${path}: mark ${kindOf(variant)}`];
    });
  }
  if (now.items !== undefined && then.items !== undefined) {
    return changes(now.items, then.items, `${path}[]`);
  }
  const isStrict = then.additionalProperties === false;
  const known = then.properties ?? {};
  const present = now.properties ?? {};
  return [
    ...Object.entries(present).flatMap(([name, own]) => {
      const twin = known[name];
      const here = `${path}.${name}`;
      if (twin !== undefined) return changes(own, twin, here);
      const isMissable = now.required?.includes(name) !== true || "default" in (own as Looked);
      return [
        ...(isStrict && knownSince(own) <= previous ? [`${here}: mark it since(3, …)`] : []),
        ...(isMissable
          ? []
          : [`${here}: older agents do not say it; make it optional or give it a default`]),
      ];
    }),
    ...(then.required ?? [])
      .filter((name) => !Object.hasOwn(present, name))
      .map((name) => `${path}.${name}: older agents want it`),
  ];
}

/** What tells the variants of a union apart. */
function kindOf(schema: TSchema): string {
  const { const: value, type, properties } = schema as Looked & { const?: unknown; type?: string };
  if (value !== undefined) return `const ${JSON.stringify(value)}`;
  const named = Object.entries(properties ?? {}).find(([, own]) => "const" in own);
  if (named === undefined) return String(type);
  return `${named[0]} ${JSON.stringify((named[1] as { const?: unknown }).const)}`;
}
