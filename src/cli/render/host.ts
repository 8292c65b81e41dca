/** Hosts and domains as text. Pure. */
import type { Domain, TrustedDomain } from "../../api/schema/domain.ts";
import type { DomainHost, Host } from "../../api/schema/host.ts";
import { formatBytes, formatDuration, formatTime } from "../../base/format.ts";
import type { Style } from "../style.ts";
import { type Column, renderFields, renderTable } from "../table.ts";

const columns: readonly Column<DomainHost>[] = [
  { title: "host", text: ({ name, self }) => (self ? `${name} (this)` : name) },
  { title: "address", text: ({ address, port }) => hostPort(address, port) },
  {
    title: "state",
    text: (host) => state(host),
    style: (host) => (host.reachable ? "green" : host.expelled ? "dim" : "red"),
  },
  {
    title: "round trip",
    text: ({ roundTripMs }) => (roundTripMs === null ? "" : formatDuration(roundTripMs)),
    align: "right",
  },
  { title: "version", text: ({ version }) => version ?? "" },
  { title: "reason", text: ({ reason }) => reason ?? "" },
];

export function renderHostList(hosts: readonly DomainHost[], style?: Style): string {
  const byName = hosts.toSorted((a, b) => a.name.localeCompare(b.name));
  return renderTable(columns, byName, style);
}

function state({ expelled, reachable }: DomainHost): string {
  if (expelled) return "expelled";
  return reachable ? "reachable" : "silent";
}

export function renderHost(host: Host): string {
  const { cpu, memory, qemu, domain, vms } = host;
  return renderFields([
    ["host", host.name],
    ["domain", domain?.name ?? "none"],
    ["ferry", `${host.version}, session protocol ${host.protocolVersions.join(", ")}`],
    ["qemu", qemu === null ? "not installed" : qemu.version],
    [
      "accelerator",
      host.acceleratorReason
        ? `${host.accelerator} (no KVM: ${host.acceleratorReason})`
        : host.accelerator,
    ],
    ["system", `${host.operatingSystem}, Linux ${host.kernel}`],
    ["processors", `${cpu.threads} × ${cpu.model}`],
    [
      "memory",
      `${formatBytes(memory.availableBytes)} of ${formatBytes(memory.totalBytes)} available`,
    ],
    ["vms", `${vms.running} of ${vms.total} running`],
    ["agent since", formatTime(host.startedAt)],
    ["clock", formatTime(host.now)],
  ]);
}

export function renderDomain(domain: Domain): string {
  const { certificate } = domain;
  return renderFields([
    ["domain", domain.name],
    ["id", domain.id],
    ["fingerprint", domain.fingerprint],
    ["this host", domain.host.name + (domain.issuer ? ", keeps the authority's key" : "")],
    ["certificate", `valid until ${formatTime(certificate.validTo)}`],
    ["renews", formatTime(certificate.renewsAt)],
    ["roster", `version ${domain.rosterVersion}`],
    ["refused", `${domain.refusedPeers} connections since the agent started`],
  ]);
}

const trustColumns: readonly Column<TrustedDomain>[] = [
  { title: "domain", text: ({ name }) => name },
  { title: "id", text: ({ id }) => id },
  { title: "hosts", text: ({ hosts }) => hosts.map(({ name }) => name).join(", ") },
  { title: "fingerprint", text: ({ fingerprint }) => fingerprint },
];

export function renderTrusts(trusts: readonly TrustedDomain[], style?: Style): string {
  return renderTable(trustColumns, trusts, style);
}

function hostPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
