/** A VM's page: what it is, its screen and serial console, its hardware, and where it has been. */
import { Spinner } from "@fluentui/react-components";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { useMigrations } from "../migrations/migration-data.ts";
import { MoveRow } from "../migrations/move-row.tsx";
import { Empty } from "../parts/empty.tsx";
import { FailureEdge } from "../parts/failure-edge.tsx";
import { PageTabs } from "../parts/page-tabs.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { VmState } from "../parts/vm-state.tsx";
import { useMay } from "../session/session.tsx";
import { Page } from "../shell/page.tsx";
import { StorageMove } from "./storage-move.tsx";
import { VmActions } from "./vm-actions.tsx";
import { useVm, useVmList } from "./vm-data.ts";
import { VmHardware } from "./vm-hardware.tsx";
import { VmMoves } from "./vm-moves.tsx";
import { VmSummary } from "./vm-summary.tsx";

const route = getRouteApi("/vms/$vm");
const Screen = lazy(async () => ({ default: (await import("../guest/screen.tsx")).Screen }));
const Serial = lazy(async () => ({ default: (await import("../guest/serial.tsx")).Serial }));

const tabs = ["summary", "screen", "serial", "hardware", "moves"] as const;
type TabName = (typeof tabs)[number];
const titles: Readonly<Record<TabName, string>> = {
  summary: "Summary",
  screen: "Screen",
  serial: "Serial console",
  hardware: "Hardware",
  moves: "Moves",
};

export function VmPage() {
  const { vm: name } = route.useParams();
  const { error, isPending } = useVmList();
  const vm = useVm(name);
  if (vm !== undefined) return <KnownVm vm={vm} />;
  return (
    <Page title={name}>
      {error !== null ? (
        <Problem error={error} />
      ) : isPending ? (
        <Spinner label="Asking the hosts" />
      ) : (
        <Empty text={`No host that answers has a VM ${name}.`} />
      )}
    </Page>
  );
}

function KnownVm({ vm }: { readonly vm: Vm }) {
  const { tab } = route.useSearch();
  const navigate = useNavigate({ from: "/vms/$vm" });
  const mayOperate = useMay("operator");
  const move = useMigrations().find((one) => one.vm.id === vm.id && one.endedAt === null);
  const offered = tabs.filter((one) => mayOperate || (one !== "screen" && one !== "serial"));
  const shown = offered.find((one) => one === tab) ?? "summary";
  return (
    <Page title={vm.name} badge={<VmState vm={vm} />} actions={<VmActions vm={vm} />}>
      {move === undefined ? null : (
        <Panel title="It is being moved">
          <MoveRow move={move} />
        </Panel>
      )}
      <StorageMove vm={vm} />
      <PageTabs
        label={`Parts of ${vm.name}`}
        tabs={offered}
        titles={titles}
        shown={shown}
        onShow={(search) => void navigate({ search, replace: true })}
      />
      <FailureEdge key={shown}>
        <TabContent vm={vm} tab={shown} />
      </FailureEdge>
    </Page>
  );
}

function TabContent({ vm, tab }: { readonly vm: Vm; readonly tab: TabName }) {
  switch (tab) {
    case "summary":
      return <VmSummary vm={vm} />;
    case "screen":
      return <OfRunning vm={vm} has={vm.definition.display.vnc} what="screen" />;
    case "serial":
      return <OfRunning vm={vm} has={vm.definition.serial} what="serial port" />;
    case "hardware":
      return <VmHardware vm={vm} />;
    case "moves":
      return <VmMoves vm={vm} />;
  }
}

function OfRunning(given: {
  readonly vm: Vm;
  readonly has: boolean;
  readonly what: "screen" | "serial port";
}) {
  const { vm, has, what } = given;
  if (!has) return <Empty text={`${vm.name} has no ${what}.`} />;
  if (vm.state === "stopped" || vm.state === "crashed") {
    return <Empty text={`${vm.name} is off. Start it to see its ${what}.`} />;
  }
  return what === "screen" ? <Screen vm={vm} /> : <Serial vm={vm} />;
}
