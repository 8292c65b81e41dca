/** Virtual switches: Linux bridges that guests' adapters are plugged into, by one name on every host. */
import Type from "typebox";
import { Name } from "../../vm/definition.ts";

/** What the kernel takes as an interface name: at most 15 bytes. */
const InterfaceName = Type.String({ pattern: "^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$" });

export const SwitchCreate = Type.Object(
  { name: Name, bridge: InterfaceName },
  { additionalProperties: false, $id: "SwitchCreate" },
);
export type SwitchCreate = Type.Static<typeof SwitchCreate>;

export const VirtualSwitch = Type.Object(
  { name: Type.String(), bridge: Type.String() },
  { $id: "VirtualSwitch" },
);
export type VirtualSwitch = Type.Static<typeof VirtualSwitch>;

export const SwitchList = Type.Object(
  { switches: Type.Array(VirtualSwitch) },
  { $id: "SwitchList" },
);
export type SwitchList = Type.Static<typeof SwitchList>;
