/** What changed since the report that was there before: mended, or come up. */
import {
  makeStyles,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
} from "@fluentui/react-components";
import type { CheckReport } from "../../../src/api/schema/check.ts";

const useStyles = makeStyles({ body: { whiteSpace: "normal", overflowWrap: "anywhere" } });

export function Changes({ changes }: { readonly changes: CheckReport["changes"] }) {
  const styles = useStyles();
  if (changes === undefined || changes.length === 0) return null;
  return changes.map(({ check, host, kind, message }) => (
    <MessageBar
      key={`${check} ${host} ${message}`}
      intent={kind === "mended" ? "success" : "warning"}
      layout="multiline"
      data-change={kind}
    >
      <MessageBarBody className={styles.body}>
        <MessageBarTitle>
          {kind === "mended" ? "Mended since" : "New since"}: {check}
        </MessageBarTitle>
        {message}
      </MessageBarBody>
    </MessageBar>
  ));
}
