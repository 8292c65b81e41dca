/** The wizard's last step: everything that could stop the move, each with its remedy, to be checked again after mending. */
import {
  Accordion,
  AccordionHeader,
  AccordionItem,
  AccordionPanel,
  Button,
  makeStyles,
  Spinner,
  Text,
  tokens,
} from "@fluentui/react-components";
import { ArrowClockwiseRegular } from "@fluentui/react-icons/svg/arrow-clockwise";
import { SaveRegular } from "@fluentui/react-icons/svg/save";
import { useQueries } from "@tanstack/react-query";
import type { CheckReport, SavedReport } from "../../../src/api/schema/check.ts";
import { Problem } from "../parts/problem.tsx";
import { bytes } from "../preferences/format.ts";
import { Changes } from "./changes.tsx";
import { checkQuery } from "./check-data.ts";
import { type Choice, optionsOf } from "./choice.ts";
import { Expectation } from "./expectation.tsx";
import { FindingRow } from "./finding-row.tsx";
import { saveReport } from "./report-files.ts";

const useStyles = makeStyles({
  head: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalM, flexWrap: "wrap" },
  verdict: { marginInlineEnd: "auto" },
  report: { display: "grid", gap: tokens.spacingVerticalS },
});

interface Report {
  readonly vm: string;
  readonly report: CheckReport | undefined;
  readonly error: unknown;
}

export interface Reports {
  readonly reports: readonly Report[];
  readonly isChecking: boolean;
  readonly isPossible: boolean;
  readonly checkAgain: () => void;
}

/** Runs the checks of all chosen VMs when the step is reached; disks that stay on their host need none. */
export function useReports(choice: Choice, isReached: boolean, saved?: SavedReport): Reports {
  const { target = "", vms, kind } = choice;
  const options = optionsOf(choice);
  const results = useQueries({
    queries: vms.map((vm) => ({
      ...checkQuery(vm, target, options, saved),
      enabled: isReached && kind !== "disks-only",
    })),
  });
  if (kind === "disks-only") {
    return { reports: [], isChecking: false, isPossible: isReached, checkAgain: () => undefined };
  }
  const isChecking = results.some(({ isFetching }) => isFetching);
  return {
    reports: results.map(({ data, error }, index) => ({
      vm: vms[index] ?? "",
      report: data,
      error,
    })),
    isChecking,
    isPossible: !isChecking && results.every(({ data }) => data?.possible === true),
    checkAgain: () => {
      for (const { refetch } of results) void refetch();
    },
  };
}

interface CheckStepProps {
  readonly choice: Choice;
  readonly reports: Reports;
  readonly onChange: (part: Partial<Choice>) => void;
}

export function CheckStep({ choice, reports, onChange }: CheckStepProps) {
  const styles = useStyles();
  if (choice.kind === "disks-only") {
    return (
      <Text>
        The disks of {choice.vms.join(", ")} go to pool {choice.pool} while the guests run. What
        stands in the way is said before anything is copied.
      </Text>
    );
  }
  const { isChecking, isPossible, checkAgain } = reports;
  return (
    <>
      <div className={styles.head}>
        <Text weight="semibold" className={styles.verdict} role="status">
          {isChecking
            ? "Both hosts are being asked"
            : isPossible
              ? `Nothing stands in the way of the move to ${choice.target}`
              : `Something stands in the way of the move to ${choice.target}`}
        </Text>
        {isChecking ? <Spinner size="tiny" aria-label="Checking" /> : null}
        <Button icon={<ArrowClockwiseRegular />} disabled={isChecking} onClick={checkAgain}>
          Check again
        </Button>
      </div>
      {reports.reports.map(({ vm, report, error }) => (
        <div key={vm} className={styles.report}>
          {reports.reports.length > 1 ? <Text weight="semibold">{vm}</Text> : null}
          {error === null ? null : <Problem error={error} />}
          {report === undefined ? null : (
            <Findings report={report} choice={choice} onChange={onChange} />
          )}
        </div>
      ))}
    </>
  );
}

function Findings(given: {
  readonly report: CheckReport;
  readonly choice: Choice;
  readonly onChange: (part: Partial<Choice>) => void;
}) {
  const { report, choice, onChange } = given;
  const open = report.findings.filter(({ severity }) => severity !== "passed");
  const passed = report.findings.filter(({ severity }) => severity === "passed");
  const diskBytes = report.disks.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
  return (
    <>
      <Changes changes={report.changes} />
      <Expectation report={report} />
      {open.map((finding) => (
        <FindingRow key={`${finding.check} ${finding.host} ${finding.message}`} finding={finding} />
      ))}
      {report.disks.length === 0 ? null : (
        <Text>
          {report.disks.length === 1 ? "One disk moves" : `${report.disks.length} disks move`}{" "}
          along: {bytes(diskBytes)},{" "}
          {report.disks.map(({ name, targetPool }) => `${name} to pool ${targetPool}`).join(", ")}
        </Text>
      )}
      {report.disks.length > 0 && choice.kind === "vm" ? (
        <div>
          <Button onClick={() => onChange({ kind: "with-disks" })}>Move the disks along</Button>
        </div>
      ) : null}
      <Accordion collapsible>
        <AccordionItem value="passed">
          <AccordionHeader>{passed.length} checks passed</AccordionHeader>
          <AccordionPanel>
            {passed.map((finding) => (
              <FindingRow
                key={`${finding.check} ${finding.host} ${finding.message}`}
                finding={finding}
              />
            ))}
          </AccordionPanel>
        </AccordionItem>
      </Accordion>
      <div>
        <Button appearance="subtle" icon={<SaveRegular />} onClick={() => saveReport(report)}>
          Save the report
        </Button>
      </div>
    </>
  );
}
