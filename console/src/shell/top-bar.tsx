/** The bar on top: where one is, the search over everything, the moves that run, and who is logged in. */
import {
  Avatar,
  Badge,
  Button,
  Hamburger,
  makeStyles,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Text,
  tokens,
} from "@fluentui/react-components";
import { ArrowSwapRegular } from "@fluentui/react-icons/svg/arrow-swap";
import { SettingsRegular } from "@fluentui/react-icons/svg/settings";
import { SignOutRegular } from "@fluentui/react-icons/svg/sign-out";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { useMigrations } from "../migrations/migration-data.ts";
import { useSession } from "../session/session.tsx";
import { EverythingSearch } from "./everything-search.tsx";

const useStyles = makeStyles({
  bar: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    height: "48px",
    paddingInline: tokens.spacingHorizontalS,
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  brand: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalS },
  domain: {
    color: tokens.colorNeutralForeground2,
    "@media (max-width: 640px)": { display: "none" },
  },
  search: { flexGrow: 1, display: "flex", justifyContent: "center", minWidth: 0 },
});

export function TopBar({ onToggleNav }: { readonly onToggleNav: () => void }) {
  const styles = useStyles();
  const { host } = useSession();
  return (
    <header className={styles.bar}>
      <Hamburger onClick={onToggleNav} aria-label="Show or hide the list of pages" />
      <div className={styles.brand}>
        <img src="/console/ferry.svg" alt="" width={24} height={24} />
        <Text weight="semibold" size={400}>
          Ferry
        </Text>
        <Text className={styles.domain}>on {host}</Text>
      </div>
      <div className={styles.search}>
        <EverythingSearch />
      </div>
      <RunningMoves />
      <UserMenu />
    </header>
  );
}

function RunningMoves() {
  const navigate = useNavigate();
  const running = useMigrations().filter(({ endedAt }) => endedAt === null).length;
  const text = running === 0 ? "No move runs" : `${running} under way`;
  return (
    <Button
      appearance="subtle"
      icon={<ArrowSwapRegular />}
      aria-label={`Migrations: ${text}`}
      onClick={() => void navigate({ to: "/migrations" })}
    >
      {running === 0 ? null : <Badge appearance="filled">{running}</Badge>}
    </Button>
  );
}

function UserMenu() {
  const session = useSession();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const logout = async () => {
    await call("DELETE /v1/session").catch(() => undefined);
    cache.clear();
    cache.setQueryData(keys.session, null);
  };
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button
          appearance="subtle"
          aria-label={`${session.name}, ${session.role}`}
          icon={<Avatar name={session.name} size={24} color="brand" aria-hidden />}
        />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItem disabled secondaryContent={session.role}>
            {session.name}
          </MenuItem>
          <MenuItem
            icon={<SettingsRegular />}
            onClick={() => void navigate({ to: "/preferences" })}
          >
            Preferences
          </MenuItem>
          <MenuItem icon={<SignOutRegular />} onClick={() => void logout()}>
            Log out
          </MenuItem>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
