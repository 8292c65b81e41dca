/** The list of pages: beside the content, or over it where there is little room. */
import { makeStyles, NavDrawer, NavDrawerBody, NavItem, tokens } from "@fluentui/react-components";
import { ArrowSwapFilled, ArrowSwapRegular } from "@fluentui/react-icons/svg/arrow-swap";
import { BoardFilled, BoardRegular } from "@fluentui/react-icons/svg/board";
import { OrganizationFilled, OrganizationRegular } from "@fluentui/react-icons/svg/organization";
import { DesktopFilled, DesktopRegular } from "@fluentui/react-icons/svg/desktop";
import { HistoryFilled, HistoryRegular } from "@fluentui/react-icons/svg/history";
import { ServerFilled, ServerRegular } from "@fluentui/react-icons/svg/server";
import { ShieldFilled, ShieldRegular } from "@fluentui/react-icons/svg/shield";
import { useLocation, useNavigate } from "@tanstack/react-router";
import type { ReactElement } from "react";

const pages = [
  { to: "/", label: "Overview", icons: [BoardRegular, BoardFilled] },
  { to: "/hosts", label: "Hosts", icons: [ServerRegular, ServerFilled] },
  { to: "/vms", label: "Virtual machines", icons: [DesktopRegular, DesktopFilled] },
  { to: "/migrations", label: "Migrations", icons: [ArrowSwapRegular, ArrowSwapFilled] },
  { to: "/cluster", label: "Cluster", icons: [OrganizationRegular, OrganizationFilled] },
  { to: "/domain", label: "Domain and trust", icons: [ShieldRegular, ShieldFilled] },
  { to: "/events", label: "Events", icons: [HistoryRegular, HistoryFilled] },
] as const;

const useStyles = makeStyles({
  drawer: { width: "220px", minWidth: "220px", height: "100%" },
  body: { paddingTop: tokens.spacingVerticalM },
});

interface SideNavProps {
  readonly isOpen: boolean;
  readonly isOverlay: boolean;
  readonly onClose: () => void;
}

export function SideNav({ isOpen, isOverlay, onClose }: SideNavProps) {
  const styles = useStyles();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  // The wizard belongs to what comes of it.
  const place = pathname === "/move" ? "/migrations" : pathname;
  const selected = pages.find(({ to }) => (to === "/" ? place === to : place.startsWith(to)))?.to;
  const open = (to: (typeof pages)[number]["to"]) => {
    if (isOverlay) onClose();
    void navigate({ to });
  };
  return (
    <NavDrawer
      aria-label="Pages"
      className={styles.drawer}
      open={isOpen}
      type={isOverlay ? "overlay" : "inline"}
      onOpenChange={(_, { open: stays }) => (stays ? undefined : onClose())}
      selectedValue={selected ?? ""}
    >
      <NavDrawerBody className={styles.body}>
        {pages.map(({ to, label, icons: [Icon, Selected] }): ReactElement => {
          const Shown = to === selected ? Selected : Icon;
          return (
            <NavItem
              key={to}
              value={to}
              icon={<Shown fontSize={20} />}
              href={`/console${to}`}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey) return;
                event.preventDefault();
                open(to);
              }}
            >
              {label}
            </NavItem>
          );
        })}
      </NavDrawerBody>
    </NavDrawer>
  );
}
