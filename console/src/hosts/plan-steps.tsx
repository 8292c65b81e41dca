/** The steps of whatever empties a host: a plan of what becomes of each VM, then that plan carried out. */
import { Button, Checkbox, makeStyles, tokens } from "@fluentui/react-components";
import { AppLink } from "../parts/app-link.tsx";
import type { TableColumn } from "../parts/table-order.ts";
import { useMay } from "../session/session.tsx";

/** Every VM of the host is checked. */
export const planTimeoutMs = 600_000;

const useStyles = makeStyles({
  actions: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalM },
});

interface PlanStepsProps {
  readonly withStorage: boolean;
  /** What becomes of VMs whose disks would have to be copied, when they are not. */
  readonly otherwise: string;
  readonly onStorage: (withStorage: boolean) => void;
  readonly isPlanning: boolean;
  readonly onPlan: () => void;
  /** Absent while there is no plan. */
  readonly begin:
    | { readonly words: string; readonly isBusy: boolean; readonly onBegin: () => void }
    | undefined;
}

export function PlanSteps(given: PlanStepsProps) {
  const { withStorage, otherwise, onStorage, isPlanning, onPlan, begin } = given;
  const styles = useStyles();
  const mayPlan = useMay("operator");
  const mayBegin = useMay("administrator");
  return (
    <>
      <Checkbox
        label={`Copy disks that a target does not reach (else such VMs ${otherwise})`}
        checked={withStorage}
        onChange={(_, { checked }) => onStorage(checked === true)}
      />
      {mayPlan ? (
        <div className={styles.actions}>
          <Button disabled={isPlanning} onClick={onPlan}>
            {isPlanning ? "Every VM is being checked" : "Make a plan"}
          </Button>
          {begin === undefined || !mayBegin ? null : (
            <Button appearance="primary" disabled={begin.isBusy} onClick={begin.onBegin}>
              {begin.words}
            </Button>
          )}
        </div>
      ) : null}
    </>
  );
}

/** The first column of such a plan. */
export const plannedVm: TableColumn<{ readonly vm: { readonly name: string } }> = {
  title: "VM",
  width: "2fr",
  order: ({ vm }) => vm.name,
  cell: ({ vm }) => (
    <AppLink to="/vms/$vm" params={{ vm: vm.name }}>
      {vm.name}
    </AppLink>
  ),
};
