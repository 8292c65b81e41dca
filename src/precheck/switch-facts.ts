/** What a host says about the switches a VM is connected to: part of facts.ts. */
import Type from "typebox";

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const text = (maxLength: number) => Type.String({ maxLength });

export const SwitchFacts = Type.Object({
  /** By switch name, those whose bridge is there. */
  bridges: Type.Record(
    text(64),
    Type.Object({
      mtu: Type.Integer({ minimum: 0 }),
      filtersVlans: Type.Boolean(),
      /** Of the VM's VLANs on this switch: those that no port but guests' own carries. */
      uncarriedVlans: Type.Array(Type.Integer({ minimum: 1, maximum: 4094 }), { maxItems: 16 }),
      /** On the target: whether the source's probe arrived; null on the source, and where nothing could be received. */
      probeSeen: nullable(Type.Boolean()),
    }),
  ),
  /** By MAC address of the VM: another VM of this host that has it. */
  macUsers: Type.Record(text(17), text(64)),
  /** By MAC address, on the host that runs the VM: the port behind which the bridge sees it, when that is not the VM's own. */
  macsSeenElsewhere: Type.Record(text(17), text(32)),
});
export type SwitchFacts = Type.Static<typeof SwitchFacts>;
