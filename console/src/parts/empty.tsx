/** Says why there is nothing to see, and what one could do about it. */
import { makeStyles, Text, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  empty: {
    display: "grid",
    justifyItems: "center",
    gap: tokens.spacingVerticalM,
    padding: tokens.spacingVerticalXXXL,
    textAlign: "center",
    color: tokens.colorNeutralForeground2,
  },
});

export function Empty({
  text,
  children,
}: {
  readonly text: string;
  readonly children?: ReactNode;
}) {
  const styles = useStyles();
  return (
    <div className={styles.empty}>
      <Text>{text}</Text>
      {children}
    </div>
  );
}
