import assert from "node:assert/strict";
import { test } from "node:test";
import Type from "typebox";
import { schemaProblem } from "./schema-problem.ts";

const Schema = Type.Object(
  {
    mib: Type.Integer({ minimum: 16 }),
    bus: Type.Union([Type.Literal("virtio"), Type.Literal("scsi")]),
    name: Type.Optional(Type.String({ pattern: "^a$" })),
  },
  { additionalProperties: false },
);

test("a problem says where it is, what is there and what is wanted", () => {
  const good = { mib: 16, bus: "scsi" };
  const cases: readonly [unknown, string, RegExp][] = [
    [{ ...good, mib: 0 }, "/mib", /^0 must be >= 16$/],
    [{ ...good, bus: "usb" }, "/bus", /^"usb" is not one of virtio, scsi$/],
    [{ ...good, name: "b" }, "/name", /^"b" must match pattern/],
    [{ ...good, extra: 1 }, "/extra", /^there is no such property$/],
    [{ bus: "scsi" }, "/", /required properties mib/],
    [null, "/", /^null must be object$/],
    [undefined, "/", /^nothing must be object$/],
  ];
  for (const [document, path, problem] of cases) {
    const found = schemaProblem(Schema, document);
    assert.equal(found?.path, path);
    assert.match(found?.problem ?? "", problem);
  }
  assert.equal(schemaProblem(Schema, good), undefined);
});

test("of things that differ by their kind, the problem is that of the kind that was given", () => {
  const strict = { additionalProperties: false } as const;
  const Things = Type.Object({
    things: Type.Array(
      Type.Union([
        Type.Object(
          { kind: Type.Literal("lun"), portal: Type.String(), lun: Type.Integer() },
          strict,
        ),
        Type.Object({ kind: Type.Literal("port"), port: Type.String({ pattern: "^a$" }) }, strict),
        Type.Object(
          { kind: Type.Literal("disk"), device: Type.String({ pattern: "^a$" }) },
          strict,
        ),
      ]),
    ),
  });
  const of = (thing: object) => schemaProblem(Things, { things: [thing] });
  assert.equal(of({ kind: "disk", device: "a" }), undefined);
  assert.equal(of({ kind: "disk", device: "b" })?.path, "/things/0/device");
  assert.match(of({ kind: "disk" })?.problem ?? "", /required properties device/);
  assert.deepEqual(of({ kind: "tape" }), {
    path: "/things/0/kind",
    problem: '"tape" is not one of lun, port, disk',
  });
});
