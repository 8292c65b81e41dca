/** Links that look as Fluent's and go to pages of the console. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes } from "react";

const useStyles = makeStyles({
  link: {
    color: tokens.colorBrandForegroundLink,
    textDecorationLine: "none",
    borderRadius: tokens.borderRadiusSmall,
    ":hover": { textDecorationLine: "underline", color: tokens.colorBrandForegroundLinkHover },
    ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
});

function Anchor({ children, ...properties }: AnchorHTMLAttributes<HTMLAnchorElement>) {
  const styles = useStyles();
  return (
    <a {...properties} className={styles.link}>
      {children}
    </a>
  );
}

export const AppLink = createLink(Anchor);
