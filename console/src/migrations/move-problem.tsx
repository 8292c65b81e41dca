/** Why a move failed or waits for a decision, as its host told it. */
import { MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { stageTitle } from "./stage-line.tsx";

export function MoveProblem({ move: { error, state } }: { readonly move: MigrationRecord }) {
  if (error === null || state === "cancelled") return null;
  return (
    <MessageBar intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>
          {error.stage === null ? "" : `${stageTitle(error.stage)}: `}
          {error.message}
        </MessageBarTitle>
        {error.remedy}
      </MessageBarBody>
    </MessageBar>
  );
}
