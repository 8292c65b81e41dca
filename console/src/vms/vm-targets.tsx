/** Where a VM may go: every other host asked, with what speaks against it. */
import { Badge, Button, makeStyles, Spinner, Text, tokens } from "@fluentui/react-components";
import { ArrowSwapRegular } from "@fluentui/react-icons/svg/arrow-swap";
import { useNavigate } from "@tanstack/react-router";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { useHosts } from "../hosts/host-data.ts";
import { Panel } from "../parts/panel.tsx";
import { type TargetVerdict, useTargetChecks } from "../wizard/check-data.ts";
import { expectedWords } from "../wizard/expectation.tsx";

const useStyles = makeStyles({
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) auto",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
  },
  quiet: { color: tokens.colorNeutralForeground2 },
});

/** Asking many hosts costs each of them a look at its storage: of more, the wizard asks those one wants. */
const askedMax = 8;

export function VmTargets({ vm }: { readonly vm: Vm }) {
  const styles = useStyles();
  const navigate = useNavigate();
  const hosts = useHosts()
    .filter(({ name, reachable }) => name !== vm.host && reachable)
    .slice(0, askedMax);
  const verdicts = useTargetChecks(vm.name, hosts, {});
  return (
    <Panel title="Where it may go">
      {hosts.length === 0 ? <Text>There is no other host that answers.</Text> : null}
      {hosts.map(({ name }) => {
        const verdict = verdicts.get(name);
        return (
          <div key={name} className={styles.row}>
            <div>
              <Text weight="semibold">{name}</Text> <Verdict verdict={verdict} />
              <Text block size={200} className={styles.quiet}>
                {verdict === undefined ? "" : wordsOn(verdict)}
              </Text>
            </div>
            <Button
              icon={<ArrowSwapRegular />}
              disabled={vm.migration !== null}
              onClick={() => void navigate({ to: "/move", search: { vms: vm.name, target: name } })}
            >
              Move to {name}
            </Button>
          </div>
        );
      })}
    </Panel>
  );
}

/** What stands against it; where nothing does, what the move would be like. */
function wordsOn({ report, against }: TargetVerdict): string {
  const [first] = against;
  const prediction = report?.possible === true ? report.prediction : null;
  return [first, prediction && `A move would take ${expectedWords(prediction)}`]
    .filter((words) => words)
    .join(". ");
}

export function Verdict({ verdict }: { readonly verdict: TargetVerdict | undefined }) {
  if (verdict === undefined) return <Spinner size="extra-tiny" aria-label="Being checked" />;
  const { blocking, warnings } = verdict;
  if (blocking > 0) {
    return (
      <Badge appearance="tint" shape="rounded" color="danger">
        Not possible
      </Badge>
    );
  }
  return (
    <Badge appearance="tint" shape="rounded" color={warnings > 0 ? "warning" : "success"}>
      {warnings > 0
        ? `Possible, ${warnings} ${warnings === 1 ? "warning" : "warnings"}`
        : "Possible"}
    </Badge>
  );
}
