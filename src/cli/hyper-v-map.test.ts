/** docs/hyper-v-map.md: complete against the cmdlets of live migration, and true of the commands. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import type { Command } from "commander";
import { Cli } from "./cli.ts";
import { buildProgram } from "./program.ts";

const page = await readFile(new URL("../../docs/hyper-v-map.md", import.meta.url), "utf8");
const rows = page.split("\n").filter((line) => line.startsWith("| "));

/** Of the Hyper-V, FailoverClusters and SmbShare modules of Windows Server 2025: what moves VMs, or is set for that. */
const cmdlets: Readonly<Record<string, string>> = {
  "Move-VM":
    "Name VM DestinationHost DestinationCredential DestinationCimSession IncludeStorage DestinationStoragePath ResourcePoolName RetainVhdCopiesOnSource RemoveSourceUnmanagedVhds VirtualMachinePath SnapshotFilePath SmartPagingFilePath Vhds CompatibilityReport AsJob Passthru ComputerName Credential CimSession WhatIf Confirm",
  "Compare-VM":
    "Name VM DestinationHost DestinationCredential DestinationCimSession IncludeStorage DestinationStoragePath ResourcePoolName RetainVhdCopiesOnSource VirtualMachinePath SnapshotFilePath SmartPagingFilePath Vhds CompatibilityReport Register Path Copy VhdDestinationPath VhdSourcePath GenerateNewId AsJob ComputerName Credential CimSession WhatIf Confirm",
  "Move-VMStorage":
    "VMName Name VM DestinationStoragePath VirtualMachinePath SnapshotFilePath SmartPagingFilePath Vhds ResourcePoolName RetainVhdCopiesOnSource RemoveSourceUnmanagedVhds AllowUnverifiedPaths AsJob ComputerName Credential CimSession WhatIf Confirm",
  "Set-VMHost":
    "MaximumStorageMigrations MaximumVirtualMachineMigrations VirtualMachineMigrationAuthenticationType UseAnyNetworkForMigration VirtualMachineMigrationPerformanceOption VirtualMachinePath VirtualHardDiskPath MacAddressMinimum MacAddressMaximum FibreChannelWwnn FibreChannelWwpnMinimum FibreChannelWwpnMaximum NumaSpanningEnabled ResourceMeteringSaveInterval EnableEnhancedSessionMode Passthru ComputerName Credential CimSession",
  "Get-VMHost": "ComputerName Credential CimSession",
  "Enable-VMMigration": "Passthru ComputerName Credential CimSession",
  "Disable-VMMigration": "Passthru ComputerName Credential CimSession",
  "Add-VMMigrationNetwork": "Subnet Priority",
  "Get-VMMigrationNetwork": "Subnet Priority",
  "Set-VMMigrationNetwork": "Subnet NewSubnet NewPriority",
  "Remove-VMMigrationNetwork": "Subnet",
  "Set-VMProcessor":
    "CompatibilityForMigrationEnabled CompatibilityForMigrationMode CompatibilityForOlderOperatingSystemsEnabled",
  "Set-VMSecurity": "EncryptStateAndVmMigrationTraffic",
  "Get-VMHostSupportedVersion": "Default ComputerName Credential CimSession",
  "Update-VMVersion": "Name VM Force AsJob",
  "Get-VMGpuPartitionAdapter": "",
  "Import-VM": "CompatibilityReport",
  "Set-VMHostCluster": "",
  "Move-ClusterVirtualMachineRole":
    "Name Node Cancel MigrationType IgnoreLocked VMId Wait InputObject Cluster",
  "Suspend-ClusterNode": "Drain ForceDrain Wait TargetNode",
  "Resume-ClusterNode": "Failback",
  "Get-Cluster": "",
  "Test-Cluster": "",
  "New-WorkgroupCluster": "",
  "Set-SmbBandwidthLimit": "Category BytesPerSecond",
  "Get-SmbBandwidthLimit": "",
  "Remove-SmbBandwidthLimit": "",
  "Enable-SmbDelegation": "SmbClient SmbServer",
  "Disable-SmbDelegation": "",
  "Get-SmbDelegation": "",
  "New-NetQosPolicy": "LiveMigration",
};

test("every cmdlet and parameter of live migration has its row", () => {
  const missing = Object.entries(cmdlets).flatMap(([cmdlet, parameters]) => {
    const about = rows.map((row) => row.split(" | ")[0] ?? "").filter(names(cmdlet));
    const lacks = parameters
      .split(" ")
      .filter((name) => name !== "" && !about.some(names(`-${name}`)));
    return about.length === 0 ? [cmdlet] : lacks.map((name) => `${cmdlet} -${name}`);
  });
  assert.deepEqual(missing, []);
});

test("every command that the map names exists, with the options beside it", async () => {
  const silent = { write: () => true };
  const cli = new Cli({
    options: () => ({}),
    streams: { out: silent, err: silent },
    environment: {},
  });
  const program = await buildProgram(cli);
  const spans = [...page.matchAll(/`(ferry [^`]*)`/g)].map(([, span]) => span ?? "");
  assert.ok(spans.length > 40);
  assert.deepEqual(
    spans.flatMap((span) => problem(program, span) ?? []),
    [],
  );
});

/** Whole words only: `-VM` is not in `-VMName`. */
function names(word: string): (text: string) => boolean {
  const pattern = new RegExp(`(?<![\\w-])${word}(?!\\w)`);
  return (text) => pattern.test(text);
}

/** `ferry a b\|c x --option …`: undefined when every reading of it is a command. */
function problem(program: Command, span: string): string | undefined {
  const [, ...words] = span.split(" ");
  let commands: Command[] = [program];
  for (const word of words) {
    if (commands.every((command) => command.commands.length === 0)) break;
    const wanted = word.split("\\|");
    const next = commands.flatMap((command) =>
      command.commands.filter((candidate) => wanted.includes(candidate.name())),
    );
    if (next.length < wanted.length) return `${span}: no command ${word}`;
    commands = next;
  }
  const options = words.filter((word) => word.startsWith("--"));
  const known = commands.flatMap(({ options: own }) => own.map(({ long }) => long));
  const global = program.options.map(({ long }) => long);
  const unknown = options.find((option) => ![...known, ...global].includes(option));
  return unknown === undefined ? undefined : `${span}: no option ${unknown}`;
}
