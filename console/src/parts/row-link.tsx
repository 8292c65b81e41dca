/**
 * A link in a row of a table, to the page of what the row is about. A row is drawn anew all the time, and `AppLink` asks the
 * router for its address whenever it is, and again whenever the page's address changes: this one writes its address by itself.
 */
import { makeResetStyles, tokens } from "@fluentui/react-components";
import { type RegisteredRouter, useRouter } from "@tanstack/react-router";
import type { MouseEvent } from "react";

const useClass = makeResetStyles({
  color: tokens.colorBrandForegroundLink,
  textDecorationLine: "none",
  borderRadius: tokens.borderRadiusSmall,
  ":hover": { textDecorationLine: "underline", color: tokens.colorBrandForegroundLinkHover },
  ":focus-visible": { outline: `2px solid ${tokens.colorStrokeFocus2}` },
});

interface RowLinkProps {
  readonly to: "vms" | "hosts" | "migrations";
  /** Its name, or its id. */
  readonly name: string;
  /** What it says; absent: the name. */
  readonly text?: string;
}

export function RowLink({ to, name, text = name }: RowLinkProps) {
  const className = useClass();
  const router = useRouter();
  const href = `/console/${to}/${encodeURIComponent(name)}`;
  return (
    <a
      href={href}
      className={className}
      onClick={(event) => follow(event, router, href)}
      onPointerEnter={() => fetchPage(router, to, href)}
    >
      {text}
    </a>
  );
}

const fetched = new Set<RowLinkProps["to"]>();

/** The program of the page, on its way before the click; once, since a list that is scrolled puts row after row under the pointer. */
function fetchPage(router: RegisteredRouter, to: RowLinkProps["to"], href: string): void {
  if (fetched.has(to)) return;
  fetched.add(to);
  void router.preloadRoute({ to: href.slice("/console".length) });
}

/** As the browser would, but without loading the console anew; new tabs and windows stay the browser's. */
function follow(
  event: MouseEvent<HTMLAnchorElement>,
  router: RegisteredRouter,
  href: string,
): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.altKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  router.history.push(href);
}
