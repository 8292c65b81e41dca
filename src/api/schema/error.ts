/** The one shape of every answer that is not a success. */
import Type from "typebox";
import { type ErrorCode, errorCodes } from "../../base/errors.ts";

export const ErrorAnswer = Type.Object(
  {
    error: Type.Object({
      code: Type.Unsafe<ErrorCode>(Type.String({ enum: Object.keys(errorCodes) })),
      message: Type.String(),
      remedy: Type.Optional(Type.String()),
      details: Type.Optional(Type.Unknown()),
    }),
  },
  { $id: "ErrorAnswer" },
);
export type ErrorAnswer = Type.Static<typeof ErrorAnswer>;
