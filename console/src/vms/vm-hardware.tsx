/** A VM's disks, drives and adapters; and the way to change them, while it is off. */
import { Button, Text } from "@fluentui/react-components";
import { EditRegular } from "@fluentui/react-icons/svg/edit";
import { useState } from "react";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { Facts } from "../parts/facts.tsx";
import { Panel } from "../parts/panel.tsx";
import { useMay } from "../session/session.tsx";
import { ChangeMedia } from "./change-media.tsx";
import { EditVm } from "./edit-vm.tsx";
import { MachineUpgrade } from "./machine-upgrade.tsx";
import { otherDevices } from "./other-devices.ts";
import { VmProcessor } from "./vm-processor.tsx";

export function VmHardware({ vm }: { readonly vm: Vm }) {
  const mayEdit = useMay("administrator");
  const [open, setOpen] = useState<"edit" | "media">();
  const close = () => setOpen(undefined);
  const { disks, cdroms, nics, kernelBoot, bootOrder, display, serial, machine } = vm.definition;
  const others = otherDevices(vm.definition);
  const isOff = vm.state === "stopped" && vm.migration === null;
  return (
    <>
      <Panel
        title="Disks and drives"
        actions={
          mayEdit ? (
            <>
              {cdroms.length === 0 ? null : (
                <Button disabled={vm.migration !== null} onClick={() => setOpen("media")}>
                  Change media
                </Button>
              )}
              <Button icon={<EditRegular />} disabled={!isOff} onClick={() => setOpen("edit")}>
                {isOff ? "Edit the VM" : "Edit the VM (only while it is off)"}
              </Button>
            </>
          ) : undefined
        }
      >
        {disks.length + cdroms.length === 0 ? <Text>None</Text> : null}
        <Facts
          facts={[
            ...disks.map(
              ({ name, pool, file, format, bus, cache, readOnly }) =>
                [
                  name,
                  `${file} in pool ${pool}: ${format} at ${bus}, cache ${cache}${readOnly ? ", read only" : ""}`,
                ] as const,
            ),
            ...cdroms.map(
              ({ name, medium }) =>
                [
                  name,
                  medium === null ? "Empty drive" : `${medium.file} in pool ${medium.pool}`,
                ] as const,
            ),
          ]}
        />
      </Panel>
      <Panel title="Network adapters">
        {nics.length === 0 ? <Text>None</Text> : null}
        <Facts
          facts={nics.map(
            ({ name, switch: network, vlan, mac, model }) =>
              [
                name,
                `Switch ${network}${vlan === null ? "" : `, VLAN ${vlan}`}, ${mac}, ${model}`,
              ] as const,
          )}
        />
      </Panel>
      {others.length === 0 ? null : (
        <Panel title="Other devices">
          <Facts facts={others} />
        </Panel>
      )}
      <VmProcessor vm={vm} />
      <Panel
        title="Machine, start and consoles"
        actions={mayEdit ? <MachineUpgrade vm={vm} /> : undefined}
      >
        <Facts
          facts={[
            [
              "Machine",
              `${machine.type}, ${machine.firmware.toUpperCase()}${machine.upgradeTo === undefined ? "" : `; ${machine.upgradeTo} when it is next started from nothing`}`,
            ],
            ["Boot order", bootOrder.join(", ") || "As the firmware has it"],
            [
              "Kernel",
              kernelBoot === null ? "–" : `${kernelBoot.kernel.file} ${kernelBoot.commandLine}`,
            ],
            ["Screen", display.vnc ? "Yes" : "No"],
            ["Serial port", serial ? "Yes" : "No"],
          ]}
        />
      </Panel>
      {open === "edit" ? <EditVm vm={vm} onClose={close} /> : null}
      {open === "media" ? <ChangeMedia vm={vm} onClose={close} /> : null}
    </>
  );
}
