/** The frame around every page: the bar on top, the list of pages at the side, and how the line to the agent stands. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { Outlet } from "@tanstack/react-router";
import { useRef, useState, useSyncExternalStore } from "react";
import { watchMedia } from "../parts/media.ts";
import { LineBanner } from "./line-banner.tsx";
import { SideNav } from "./side-nav.tsx";
import { TopBar } from "./top-bar.tsx";

const narrow = watchMedia("(max-width: 900px)");

const useStyles = makeStyles({
  shell: {
    height: "100%",
    display: "grid",
    gridTemplateRows: "auto 1fr",
    gridTemplateColumns: "minmax(0, 1fr)",
  },
  body: { display: "flex", minHeight: 0 },
  main: {
    flexGrow: 1,
    minWidth: 0,
    overflow: "auto",
    outlineStyle: "none",
    backgroundColor: tokens.colorNeutralBackground2,
  },
  skip: {
    position: "absolute",
    left: "-9999px",
    ":focus": { left: tokens.spacingHorizontalM, top: tokens.spacingVerticalM, zIndex: 10 },
  },
});

export function Shell() {
  const styles = useStyles();
  const isNarrow = useSyncExternalStore(narrow.subscribe, narrow.holds);
  /** What the user wants of the list of pages, for each width; open where there is room until they say otherwise. */
  const [wish, setWish] = useState({ narrow: false, wide: true });
  const width = isNarrow ? "narrow" : "wide";
  const isNavOpen = wish[width];
  const setNavOpen = (isOpen: boolean) => setWish((old) => ({ ...old, [width]: isOpen }));
  const main = useRef<HTMLElement>(null);
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#main" onClick={() => main.current?.focus()}>
        Skip to the content
      </a>
      <TopBar onToggleNav={() => setNavOpen(!isNavOpen)} />
      <div className={styles.body}>
        <SideNav isOpen={isNavOpen} isOverlay={isNarrow} onClose={() => setNavOpen(false)} />
        <main id="main" ref={main} tabIndex={-1} className={styles.main}>
          <LineBanner />
          <Outlet />
        </main>
      </div>
    </div>
  );
}
