/** Names the hosts that did not answer: what they have is missing from what is shown. */
import { MessageBar, MessageBarBody } from "@fluentui/react-components";
import type { Unreachable } from "../../../src/api/schema/scope.ts";

export function Unreached({ hosts }: { readonly hosts: Unreachable | undefined }) {
  if (hosts === undefined || hosts.length === 0) return null;
  return (
    <MessageBar intent="warning" layout="multiline">
      <MessageBarBody>
        What {hosts.map(({ host }) => host).join(", ")} has is missing here: no answer.
      </MessageBarBody>
    </MessageBar>
  );
}
