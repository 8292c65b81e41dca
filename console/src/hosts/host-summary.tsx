/** What a host is and how much of it is taken. */
import { makeStyles, Spinner, tokens } from "@fluentui/react-components";
import type { DomainHost } from "../../../src/api/schema/host.ts";
import { Facts } from "../parts/facts.tsx";
import { Meter } from "../parts/meter.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { bytes, duration, tenths, time } from "../preferences/format.ts";
import { useHost } from "./host-data.ts";

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(380px, 100%), 1fr))",
    gap: tokens.spacingHorizontalL,
    alignItems: "start",
  },
});

export function HostSummary({ host }: { readonly host: DomainHost }) {
  const styles = useStyles();
  const { data, error } = useHost(host.name);
  if (data === undefined) {
    return error === null ? <Spinner label={`Asking ${host.name}`} /> : <Problem error={error} />;
  }
  const { memory, cpu } = data;
  const used = memory.totalBytes - memory.availableBytes;
  return (
    <>
      {error === null ? null : <Problem error={error} />}
      <div className={styles.columns}>
        <Panel title="Capacity">
          <Meter
            label="Memory"
            used={used}
            total={memory.totalBytes}
            text={`${bytes(used)} of ${bytes(memory.totalBytes)}`}
          />
          {data.load === undefined ? null : (
            <Meter
              label="Load"
              used={data.load}
              total={cpu.threads}
              text={`${tenths(data.load)} tasks at once on ${cpu.threads} threads`}
            />
          )}
          <Facts
            facts={[
              ["Processor", `${cpu.threads} threads of ${cpu.model}`],
              ["Guests run on", data.accelerator === "kvm" ? "KVM" : "Emulation (no KVM here)"],
              ["VMs", `${data.vms.running} of ${data.vms.total} run`],
            ]}
          />
        </Panel>
        <Panel title="What it is">
          <Facts
            facts={[
              ["Address", `${host.address} port ${host.port}`],
              [
                "Round trip",
                host.self
                  ? "This console is served by it"
                  : host.roundTripMs === null
                    ? "–"
                    : duration(host.roundTripMs),
              ],
              ["System", `${data.operatingSystem}, Linux ${data.kernel}`],
              ["QEMU", data.qemu === null ? "Not installed" : data.qemu.version],
              ["Ferry", `${data.version}, protocol ${data.protocolVersions.join(", ")}`],
              ["Agent since", time(data.startedAt)],
              ["Its clock", time(data.now)],
              ["Id", host.id],
            ]}
          />
        </Panel>
      </div>
    </>
  );
}
