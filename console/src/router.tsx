/** The pages and their addresses. A page's code is fetched when it is first opened, but for what is shown first. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { OverviewPage } from "./overview/overview-page.tsx";
import { NotFound } from "./shell/not-found.tsx";
import { PageFailure } from "./shell/page-failure.tsx";
import { Shell } from "./shell/shell.tsx";

const root = createRootRoute({ component: Shell });
const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

const overview = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: OverviewPage,
});

const vms = createRoute({
  getParentRoute: () => root,
  path: "/vms",
  validateSearch: (search: Record<string, unknown>): { search?: string; host?: string } => ({
    ...(text(search["search"]) && { search: text(search["search"]) ?? "" }),
    ...(text(search["host"]) && { host: text(search["host"]) ?? "" }),
  }),
  component: lazyRouteComponent(() => import("./vms/vms-page.tsx"), "VmsPage"),
});

const vm = createRoute({
  getParentRoute: () => root,
  path: "/vms/$vm",
  validateSearch: (search: Record<string, unknown>): { tab?: string } => ({
    ...(text(search["tab"]) && { tab: text(search["tab"]) ?? "" }),
  }),
  component: lazyRouteComponent(() => import("./vms/vm-page.tsx"), "VmPage"),
});

const hosts = createRoute({
  getParentRoute: () => root,
  path: "/hosts",
  component: lazyRouteComponent(() => import("./hosts/hosts-page.tsx"), "HostsPage"),
});

const host = createRoute({
  getParentRoute: () => root,
  path: "/hosts/$host",
  validateSearch: (search: Record<string, unknown>): { tab?: string } => ({
    ...(text(search["tab"]) && { tab: text(search["tab"]) ?? "" }),
  }),
  component: lazyRouteComponent(() => import("./hosts/host-page.tsx"), "HostPage"),
});

const migrations = createRoute({
  getParentRoute: () => root,
  path: "/migrations",
  component: lazyRouteComponent(() => import("./migrations/migrations-page.tsx"), "MigrationsPage"),
});

const migration = createRoute({
  getParentRoute: () => root,
  path: "/migrations/$id",
  component: lazyRouteComponent(() => import("./migrations/migration-page.tsx"), "MigrationPage"),
});

interface MoveSearch {
  /** Names, with commas between. */
  readonly vms?: string;
  readonly target?: string;
  /** Id of a move that is tried again, as it was asked for. */
  readonly again?: string;
  /** It continues from what its target has kept of the disks. */
  readonly resume?: boolean;
}

const move = createRoute({
  getParentRoute: () => root,
  path: "/move",
  validateSearch: (search: Record<string, unknown>): MoveSearch => ({
    ...(text(search["vms"]) && { vms: text(search["vms"]) ?? "" }),
    ...(text(search["target"]) && { target: text(search["target"]) ?? "" }),
    ...(text(search["again"]) && { again: text(search["again"]) ?? "" }),
    ...(search["resume"] === true && { resume: true }),
  }),
  component: lazyRouteComponent(() => import("./wizard/wizard-page.tsx"), "WizardPage"),
});

const cluster = createRoute({
  getParentRoute: () => root,
  path: "/cluster",
  validateSearch: (search: Record<string, unknown>): { host?: string } => ({
    ...(text(search["host"]) && { host: text(search["host"]) ?? "" }),
  }),
  component: lazyRouteComponent(() => import("./cluster/cluster-page.tsx"), "ClusterPage"),
});

const domain = createRoute({
  getParentRoute: () => root,
  path: "/domain",
  component: lazyRouteComponent(() => import("./domain/domain-page.tsx"), "DomainPage"),
});

const events = createRoute({
  getParentRoute: () => root,
  path: "/events",
  component: lazyRouteComponent(() => import("./events/events-page.tsx"), "EventsPage"),
});

const preferences = createRoute({
  getParentRoute: () => root,
  path: "/preferences",
  component: lazyRouteComponent(
    () => import("./preferences/preferences-page.tsx"),
    "PreferencesPage",
  ),
});

export const router = createRouter({
  routeTree: root.addChildren([
    ...[overview, vms, vm, hosts, host, migrations, migration],
    ...[move, cluster, domain, events, preferences],
  ]),
  basepath: "/console",
  defaultPreload: "intent",
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: PageFailure,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
