/** One host of the map: what it carries, and its VMs, to be dragged onto another. */
import {
  Badge,
  makeStyles,
  mergeClasses,
  Subtitle2,
  Text,
  tokens,
} from "@fluentui/react-components";
import { ServerRegular } from "@fluentui/react-icons/svg/server";
import { useNavigate } from "@tanstack/react-router";
import { type DragEvent, useState } from "react";
import type { DomainHost, Host } from "../../../src/api/schema/host.ts";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { AppLink } from "../parts/app-link.tsx";
import { Meter } from "../parts/meter.tsx";
import { bytes, tenths } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";
import { cpusOf, memoryBytesOf } from "../vms/vm-data.ts";
import { dragType, VmChip } from "./vm-chip.tsx";

/** More would make a card longer than the window; the rest is one click away. */
const chipsMax = 30;

const useStyles = makeStyles({
  card: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalM,
    padding: tokens.spacingHorizontalL,
    backgroundColor: tokens.colorNeutralBackground1,
    borderRadius: tokens.borderRadiusLarge,
    boxShadow: tokens.shadow2,
    outline: "2px solid transparent",
    outlineOffset: "-2px",
    transitionProperty: "outline-color, background-color",
    transitionDuration: tokens.durationFast,
  },
  over: { outlineColor: tokens.colorBrandStroke1, backgroundColor: tokens.colorBrandBackground2 },
  head: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalS },
  name: { margin: 0, marginInlineEnd: "auto" },
  meters: { display: "grid", gap: tokens.spacingVerticalXS },
  chips: {
    display: "flex",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalS,
    listStyleType: "none",
    margin: 0,
    padding: 0,
  },
  quiet: { color: tokens.colorNeutralForeground2 },
});

interface HostCardProps {
  readonly host: DomainHost;
  readonly details: Host | undefined;
  readonly vms: readonly Vm[];
}

export function HostCard({ host, details, vms }: HostCardProps) {
  const styles = useStyles();
  const drop = useVmDrop(host);
  const { isOver, ...handlers } = drop;
  const promisedCpus = vms.filter(isOn).reduce((sum, vm) => sum + cpusOf(vm), 0);
  const promisedBytes = vms.filter(isOn).reduce((sum, vm) => sum + memoryBytesOf(vm), 0);
  return (
    <section
      aria-label={`Host ${host.name}`}
      className={mergeClasses(styles.card, isOver && styles.over)}
      {...handlers}
    >
      <div className={styles.head}>
        <ServerRegular fontSize={20} />
        <Subtitle2 as="h2" className={styles.name}>
          <AppLink to="/hosts/$host" params={{ host: host.name }}>
            {host.name}
          </AppLink>
        </Subtitle2>
        {host.reachable ? null : (
          <Badge color="danger" appearance="tint" shape="rounded">
            Does not answer
          </Badge>
        )}
        {details?.drainedSince ? (
          <Badge color="warning" appearance="tint" shape="rounded">
            Closed for VMs
          </Badge>
        ) : null}
        {details?.accelerator === "tcg" ? (
          <Badge color="subtle" appearance="tint" shape="rounded">
            Emulation
          </Badge>
        ) : null}
      </div>
      {details === undefined ? null : (
        <div className={styles.meters}>
          <Meter
            isRow
            label="Memory"
            used={promisedBytes}
            total={details.memory.totalBytes}
            text={`${bytes(promisedBytes)} of ${bytes(details.memory.totalBytes)}`}
          />
          <Meter
            isRow
            label="vCPUs"
            mayExceed
            used={promisedCpus}
            total={details.cpu.threads}
            text={`${promisedCpus} on ${details.cpu.threads} threads`}
          />
          {details.load === undefined ? null : (
            <Meter
              isRow
              label="Load"
              used={details.load}
              total={details.cpu.threads}
              text={`${tenths(details.load)} tasks at once`}
            />
          )}
        </div>
      )}
      {vms.length === 0 ? (
        <Text className={styles.quiet}>No VMs</Text>
      ) : (
        <ul className={styles.chips}>
          {shownOf(vms).map((vm) => (
            <li key={vm.id}>
              <VmChip vm={vm} />
            </li>
          ))}
        </ul>
      )}
      {vms.length <= chipsMax ? null : (
        <AppLink to="/vms" search={{ host: host.name }}>
          and {vms.length - chipsMax} more
        </AppLink>
      )}
    </section>
  );
}

/** Where there are too many, those that run: they are what a host is about. */
function shownOf(vms: readonly Vm[]): readonly Vm[] {
  if (vms.length <= chipsMax) return vms;
  const on = vms.filter(isOn);
  const off = on.length < chipsMax ? vms.filter((vm) => !isOn(vm)) : [];
  return [...on, ...off].slice(0, chipsMax);
}

function isOn({ state }: Vm): boolean {
  return state !== "stopped" && state !== "crashed";
}

/** A VM that is dropped here opens the wizard with this host as the target. */
function useVmDrop({ name, reachable }: DomainHost) {
  const navigate = useNavigate();
  const mayMove = useMay("operator") && reachable;
  const [isOver, setOver] = useState(false);
  const carriesVm = (event: DragEvent) => mayMove && event.dataTransfer.types.includes(dragType);
  return {
    isOver,
    onDragOver: (event: DragEvent) => {
      if (!carriesVm(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "move";
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      setOver(false);
      if (!carriesVm(event)) return;
      event.preventDefault();
      const [vm = "", from] = event.dataTransfer.getData(dragType).split(" ");
      if (from !== name) void navigate({ to: "/move", search: { vms: vm, target: name } });
    },
  };
}
