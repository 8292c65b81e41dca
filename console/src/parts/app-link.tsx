/** Links that look as Fluent's and go to pages of the console. */
import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes } from "react";

const useStyles = makeStyles({
  inText: { textDecorationLine: "underline" },
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

function TextAnchor({ children, ...properties }: AnchorHTMLAttributes<HTMLAnchorElement>) {
  const styles = useStyles();
  return (
    <a {...properties} className={mergeClasses(styles.link, styles.inText)}>
      {children}
    </a>
  );
}

/** One within a sentence, where its colour alone would not tell it from the words around it. */
export const TextLink = createLink(TextAnchor);
