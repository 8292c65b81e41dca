/** Processors as guests see them: what a host can give, what a VM has, what a set of hosts has in common. */
import Type from "typebox";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Features = Type.Array(Type.String());

export const HostCpu = Type.Object(
  {
    host: Type.String(),
    /** The processor itself. */
    vendor: Type.String(),
    processor: Type.String(),
    microcode: nullable(Type.String()),
    accelerator: Type.Union([Type.Literal("kvm"), Type.Literal("tcg")]),
    /** Why it is not KVM; null when it is. */
    acceleratorReason: nullable(Type.String()),
    qemuVersion: Type.String(),
    /** Every feature that a guest can have here, in QEMU's names. */
    available: Features,
    /** Ferry's levels first, then QEMU's models. */
    models: Type.Array(
      Type.Object({
        name: Type.String(),
        /** What the model has and this host can't give; empty: a guest can have the model here. */
        missing: Features,
      }),
    ),
  },
  { $id: "HostCpu" },
);
export type HostCpu = Type.Static<typeof HostCpu>;

export const VmCpu = Type.Object(
  {
    vm: Type.String(),
    host: Type.String(),
    /** The definition's. */
    model: Type.String(),
    /** What that model is, in a sentence. */
    explanation: Type.String(),
    accelerator: Type.Union([Type.Literal("kvm"), Type.Literal("tcg")]),
    /** All that the guest's processor has, in QEMU's names. */
    features: Features,
    /** The other hosts of the domain. */
    hosts: Type.Array(
      Type.Object({
        host: Type.String(),
        /** Whether the guest's processor can be had there; null when the host did not answer. */
        possible: nullable(Type.Boolean()),
        /** What stands against it. */
        reasons: Type.Array(Type.String()),
      }),
    ),
  },
  { $id: "VmCpu" },
);
export type VmCpu = Type.Static<typeof VmCpu>;

export const BaselineQuery = Type.Object(
  {
    /** Names, separated by commas; absent: every host of the domain. */
    hosts: Type.Optional(Type.String({ maxLength: 4096 })),
    host: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type BaselineQuery = Type.Static<typeof BaselineQuery>;

export const Baseline = Type.Object(
  {
    hosts: Type.Array(Type.String()),
    /** The model with the most features that every host can give; null when there is none. */
    model: nullable(Type.String()),
    /** The highest of Ferry's levels that every host can give: it is the same under Intel and AMD. */
    level: nullable(Type.String()),
    /** Of `model`. */
    features: Features,
    /** Features that every host can give. */
    common: Features,
    /** Levels that not every host can give, and who lacks what. */
    beyond: Type.Array(
      Type.Object({
        model: Type.String(),
        lacking: Type.Array(Type.Object({ host: Type.String(), missing: Features })),
      }),
    ),
    /** Hosts whose guests can't come from the others whatever the model, and why. */
    apart: Type.Array(Type.Object({ host: Type.String(), reason: Type.String() })),
  },
  { $id: "Baseline" },
);
export type Baseline = Type.Static<typeof Baseline>;
