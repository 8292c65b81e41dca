/** An error as the agent gave it: what is wrong, and what to do about it. */
import {
  makeStyles,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Text,
  tokens,
} from "@fluentui/react-components";
import { FerryError } from "../../../src/base/errors.ts";

const useStyles = makeStyles({
  bar: { minHeight: "max-content", paddingBlock: tokens.spacingVerticalS },
  body: { whiteSpace: "normal", overflowWrap: "anywhere" },
  remedy: { display: "block" },
});

export function Problem({ error }: { readonly error: unknown }) {
  const styles = useStyles();
  const { message, remedy } = FerryError.from(error);
  return (
    <MessageBar intent="error" layout="multiline" className={styles.bar}>
      <MessageBarBody className={styles.body}>
        <MessageBarTitle>{message}</MessageBarTitle>
        {remedy === undefined ? null : <Text className={styles.remedy}>{remedy}</Text>}
      </MessageBarBody>
    </MessageBar>
  );
}
