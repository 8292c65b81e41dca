/** A VM at a glance, and the hosts it may go to. */
import { makeStyles, tokens } from "@fluentui/react-components";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { Availability } from "../cluster/availability.tsx";
import { AppLink } from "../parts/app-link.tsx";
import { Facts } from "../parts/facts.tsx";
import { Panel } from "../parts/panel.tsx";
import { bytes, time } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";
import { cpusOf, memoryBytesOf } from "./vm-data.ts";
import { VmTargets } from "./vm-targets.tsx";

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(380px, 100%), 1fr))",
    gap: tokens.spacingHorizontalL,
    alignItems: "start",
  },
});

export function VmSummary({ vm }: { readonly vm: Vm }) {
  const styles = useStyles();
  const mayCheck = useMay("operator");
  const { definition } = vm;
  const { cpu } = definition;
  return (
    <div className={styles.columns}>
      <Panel title="What it is">
        <Facts
          facts={[
            [
              "Host",
              <AppLink key="host" to="/hosts/$host" params={{ host: vm.host }}>
                {vm.host}
              </AppLink>,
            ],
            ["Description", definition.description || "–"],
            ["Tags", definition.tags.join(", ") || "–"],
            ["Memory", bytes(memoryBytesOf(vm))],
            ["vCPUs", `${cpusOf(vm)} (${cpu.sockets} × ${cpu.cores} × ${cpu.threads})`],
            ["CPU model", cpu.model],
            ["Machine", `${definition.machine.type}, ${definition.machine.firmware.toUpperCase()}`],
            ["Created", time(vm.createdAt)],
            ["Generation", `${vm.generation}: raised by every move`],
            ["Id", vm.id],
          ]}
        />
      </Panel>
      {mayCheck && vm.state === "running" ? <VmTargets vm={vm} /> : null}
      <Availability vm={vm} />
    </div>
  );
}
