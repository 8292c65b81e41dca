import assert from "node:assert/strict";
import { test } from "node:test";
import Type, { type TSchema } from "typebox";
import { FerryError } from "../base/errors.ts";
import { HostQuery } from "./schema/scope.ts";
import { VmCreate, VmShutdown } from "./schema/vm.ts";
import { validatorCompiler } from "./validation.ts";

function check(schema: TSchema, httpPart: string, given: unknown): unknown {
  const validate = validatorCompiler({ schema, httpPart, method: "POST", url: "/" });
  return validate(given);
}

function messageOf(schema: TSchema, httpPart: string, given: unknown): string {
  const { error } = check(schema, httpPart, given) as { error?: FerryError };
  assert.ok(error instanceof FerryError && error.code === "bad-input", "refused as bad input");
  return error.message;
}

test("a body is taken as it is: text is no number there", () => {
  assert.match(
    messageOf(VmShutdown, "body", { timeoutMs: "5" }),
    /at \/timeoutMs: "5" must be integer/,
  );
  assert.deepEqual(check(VmShutdown, "body", { timeoutMs: 5 }), { value: { timeoutMs: 5 } });
});

test("a query's text is converted, and its defaults hold", () => {
  const schema = Type.Object({ limit: Type.Integer({ default: 7 }), all: Type.Boolean() });
  assert.deepEqual(check(schema, "querystring", { all: "true" }), {
    value: { limit: 7, all: true },
  });
});

test("what is wrong is named: the property that is too many, missing, or out of bounds", () => {
  const draft = { name: "web01" };
  const wrong = (more: object) => messageOf(VmCreate, "body", { ...draft, ...more });
  assert.match(wrong({ memory: 1 }), /body at \/memory: there is no such property$/);
  assert.match(wrong({ memoryMib: 0 }), /at \/memoryMib: 0 must be >= 16$/);
  assert.match(messageOf(VmCreate, "body", { name: "../x" }), /"\.\.\/x" is not a name of/);
  assert.match(messageOf(VmCreate, "body", {}), /name/);
  assert.match(messageOf(HostQuery, "querystring", { hots: "a" }), /query at \/hots/);
});

test("no body is an empty one, where a route takes a body", () => {
  assert.deepEqual(check(VmShutdown, "body", undefined), { value: {} });
  assert.match(messageOf(VmCreate, "body", undefined), /name/);
});
