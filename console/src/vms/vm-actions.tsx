/** What can be done to a VM in the state it is in, by someone of the user's role. */
import {
  Button,
  Menu,
  MenuDivider,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from "@fluentui/react-components";
import { ArrowResetRegular } from "@fluentui/react-icons/svg/arrow-reset";
import { ArrowSwapRegular } from "@fluentui/react-icons/svg/arrow-swap";
import { DeleteRegular } from "@fluentui/react-icons/svg/delete";
import { MoreHorizontalRegular } from "@fluentui/react-icons/svg/more-horizontal";
import { PauseRegular } from "@fluentui/react-icons/svg/pause";
import { PlayRegular } from "@fluentui/react-icons/svg/play";
import { PlugDisconnectedRegular } from "@fluentui/react-icons/svg/plug-disconnected";
import { PowerRegular } from "@fluentui/react-icons/svg/power";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactElement, useState } from "react";
import type { Vm, VmAction } from "../../../src/api/schema/vm.ts";
import { call } from "../api/call.ts";
import { useAnnounce } from "../parts/announce.tsx";
import { useMay } from "../session/session.tsx";
import { ConfirmAction, type HardAction } from "./confirm-action.tsx";
import { DeleteVm } from "./delete-vm.tsx";

interface Choice {
  readonly action: VmAction;
  readonly label: string;
  readonly icon: ReactElement;
  readonly in: readonly Vm["state"][];
  readonly done: string;
}

const choices: readonly Choice[] = [
  {
    action: "start",
    label: "Start",
    icon: <PlayRegular />,
    in: ["stopped", "crashed"],
    done: "runs",
  },
  { action: "resume", label: "Resume", icon: <PlayRegular />, in: ["paused"], done: "goes on" },
  { action: "pause", label: "Pause", icon: <PauseRegular />, in: ["running"], done: "is paused" },
  {
    action: "shutdown",
    label: "Shut down",
    icon: <PowerRegular />,
    in: ["running"],
    done: "is off",
  },
  {
    action: "restart",
    label: "Reset",
    icon: <ArrowResetRegular />,
    in: ["running"],
    done: "was reset",
  },
  {
    action: "power-off",
    label: "Power off",
    icon: <PlugDisconnectedRegular />,
    in: ["running", "paused"],
    done: "is off",
  },
];

interface VmActionsProps {
  readonly vm: Vm;
  /** Only the menu, which is open to begin with. */
  readonly isCompact?: boolean;
}

export function VmActions({ vm, isCompact = false }: VmActionsProps) {
  const mayOperate = useMay("operator");
  const mayAdministrate = useMay("administrator");
  const navigate = useNavigate();
  const announce = useAnnounce();
  const [asked, setAsked] = useState<HardAction | "delete">();
  const act = useMutation({
    mutationFn: ({ action }: Choice) => run(vm, action),
    onSuccess: (_, { done }) => announce.done(`${vm.name} ${done}`),
    onError: announce.failed,
  });
  if (!mayOperate) return null;
  const offered = choices.filter((choice) => choice.in.includes(vm.state) && vm.migration === null);
  const mayMove = vm.migration === null && vm.state === "running";
  const move = () => void navigate({ to: "/move", search: { vms: vm.name } });
  const [first] = offered;
  return (
    <>
      {isCompact || !mayMove ? null : (
        <Button appearance="primary" icon={<ArrowSwapRegular />} onClick={move}>
          Move
        </Button>
      )}
      {isCompact || first?.action !== "start" ? null : (
        <Button
          appearance="primary"
          icon={first.icon}
          disabled={act.isPending}
          onClick={() => act.mutate(first)}
        >
          {first.label}
        </Button>
      )}
      <Menu defaultOpen={isCompact}>
        <MenuTrigger disableButtonEnhancement>
          <Button
            appearance={isCompact ? "subtle" : "secondary"}
            icon={<MoreHorizontalRegular />}
            aria-label={`Actions of ${vm.name}`}
            disabled={act.isPending}
          />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {mayMove ? (
              <MenuItem icon={<ArrowSwapRegular />} onClick={move}>
                Move
              </MenuItem>
            ) : null}
            {offered.map((choice) => (
              <MenuItem
                key={choice.action}
                icon={choice.icon}
                onClick={() =>
                  isHard(choice.action) ? setAsked(choice.action) : act.mutate(choice)
                }
              >
                {choice.label}
              </MenuItem>
            ))}
            {offered.length === 0 && !mayMove && !mayAdministrate ? (
              <MenuItem disabled>Nothing while it is {vm.state}</MenuItem>
            ) : null}
            {mayAdministrate ? (
              <>
                <MenuDivider />
                <MenuItem
                  icon={<DeleteRegular />}
                  disabled={vm.state !== "stopped" || vm.migration !== null}
                  onClick={() => setAsked("delete")}
                >
                  Delete
                </MenuItem>
              </>
            ) : null}
          </MenuList>
        </MenuPopover>
      </Menu>
      {asked === "power-off" || asked === "restart" ? (
        <ConfirmAction
          vm={vm}
          action={asked}
          onClose={() => setAsked(undefined)}
          onConfirm={() => {
            const choice = choices.find(({ action }) => action === asked);
            if (choice !== undefined) act.mutate(choice);
          }}
        />
      ) : null}
      {asked === "delete" ? <DeleteVm vm={vm} onClose={() => setAsked(undefined)} /> : null}
    </>
  );
}

function isHard(action: VmAction): action is HardAction {
  return action === "power-off" || action === "restart";
}

async function run({ name: vm }: Vm, action: VmAction): Promise<Vm> {
  const params = { vm };
  if (action === "shutdown") return await call("POST /v1/vms/{vm}/shutdown", { params, body: {} });
  return await call(`POST /v1/vms/{vm}/${action}`, { params });
}
