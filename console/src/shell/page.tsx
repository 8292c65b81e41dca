/** What every page has: a title, what can be done here, and the content below. */
import { makeStyles, mergeClasses, Title3, tokens } from "@fluentui/react-components";
import { type ReactNode, useEffect } from "react";

const useStyles = makeStyles({
  page: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalL,
    padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalXXL} ${tokens.spacingVerticalXXL}`,
    maxWidth: "1600px",
    boxSizing: "border-box",
    minHeight: "100%",
    "@media (max-width: 640px)": { padding: tokens.spacingHorizontalM },
  },
  filling: { height: "100%" },
  head: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    minHeight: "32px",
  },
  title: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    margin: 0,
    marginInlineEnd: "auto",
    overflowWrap: "anywhere",
  },
  actions: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS },
});

interface PageProps {
  readonly title: string;
  /** Beside the title: what the thing is in. */
  readonly badge?: ReactNode;
  readonly actions?: ReactNode;
  /** The content takes the window's height and scrolls by itself. */
  readonly fills?: boolean;
  readonly children: ReactNode;
}

export function Page({ title, badge, actions, fills = false, children }: PageProps) {
  const styles = useStyles();
  useEffect(() => {
    document.title = `${title} – Ferry`;
  }, [title]);
  return (
    <div className={mergeClasses(styles.page, fills && styles.filling)}>
      <div className={styles.head}>
        <Title3 as="h1" className={styles.title}>
          {title} {badge}
        </Title3>
        {actions === undefined ? null : <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}
