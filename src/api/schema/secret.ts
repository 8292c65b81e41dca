/** Secrets of this host: what storage asks before it gives a LUN. Passwords go in and never come out again. */
import Type from "typebox";
import { ChapSecret } from "../../storage/secrets.ts";

export const SecretSet = Type.Object(ChapSecret.properties, {
  additionalProperties: false,
  $id: "SecretSet",
});
export type SecretSet = ChapSecret;

export const Secret = Type.Object({ name: Type.String(), user: Type.String() }, { $id: "Secret" });
export type Secret = Type.Static<typeof Secret>;

export const SecretList = Type.Object({ secrets: Type.Array(Secret) }, { $id: "SecretList" });
export type SecretList = Type.Static<typeof SecretList>;
