/** Host settings as the API shows and takes them; what each means is in src/scheduler/settings.ts. */
import Type from "typebox";
import { HostSettings } from "../../scheduler/settings.ts";

export const HostSettingsAnswer = Type.Object(
  {
    /** Also the entity tag: a change says in `If-Match` which generation it was made from. */
    generation: Type.Integer({ minimum: 0 }),
    settings: Type.Object(HostSettings.properties, {
      additionalProperties: false,
      $id: "HostSettings",
    }),
  },
  { $id: "HostSettingsAnswer" },
);
export type HostSettingsAnswer = Type.Static<typeof HostSettingsAnswer>;

/** Looked at closely by the settings themselves, which name every fault at once. */
export const HostSettingsDocument = Type.Object(
  {},
  { additionalProperties: true, $id: "HostSettingsDocument" },
);
export type HostSettingsDocument = object;
