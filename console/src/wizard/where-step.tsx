/** The wizard's second step: each possible target with what speaks for and against it, before one is chosen. */
import {
  Field,
  makeStyles,
  Radio,
  RadioGroup,
  Select,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { DomainHost, Host } from "../../../src/api/schema/host.ts";
import { BestHost } from "../cluster/best-host.tsx";
import { call } from "../api/call.ts";
import { useHostDetails, useHosts } from "../hosts/host-data.ts";
import { keys } from "../live/keys.ts";
import { bytes } from "../preferences/format.ts";
import { memoryBytesOf, useVms } from "../vms/vm-data.ts";
import { Verdict } from "../vms/vm-targets.tsx";
import { type TargetVerdict, useTargetChecks } from "./check-data.ts";
import { type Choice, optionsOf } from "./choice.ts";
import { expectedWords } from "./expectation.tsx";

/** Asking many hosts at once costs each of them a look at its storage; of more, the check comes with the choice. */
const askedMax = 12;

const useStyles = makeStyles({
  targets: { display: "grid", gap: tokens.spacingVerticalM },
  target: {
    display: "grid",
    gap: tokens.spacingVerticalXXS,
    padding: tokens.spacingHorizontalM,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  head: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalS },
  quiet: { color: tokens.colorNeutralForeground2 },
  for: { color: tokens.colorStatusSuccessForeground1 },
  against: { color: tokens.colorStatusDangerForeground1 },
});

interface WhereStepProps {
  readonly choice: Choice;
  readonly onChange: (part: Partial<Choice>) => void;
}

export function WhereStep({ choice, onChange }: WhereStepProps) {
  return choice.kind === "disks-only" ? (
    <PoolOfOwnHost choice={choice} onChange={onChange} />
  ) : (
    <TargetHosts choice={choice} onChange={onChange} />
  );
}

function TargetHosts({ choice, onChange }: WhereStepProps) {
  const styles = useStyles();
  const vms = useVms().filter(({ name }) => choice.vms.includes(name));
  const sources = new Set(vms.map(({ host }) => host));
  const hosts = useHosts().filter(({ name }) => sources.size !== 1 || !sources.has(name));
  const details = useHostDetails(hosts);
  const asked = hosts.filter(({ reachable }) => reachable).slice(0, askedMax);
  const verdicts = useTargetChecks(choice.vms[0] ?? "", asked, optionsOf({ ...choice, pool: "" }));
  const neededBytes = vms.reduce((sum, vm) => sum + memoryBytesOf(vm), 0);
  const [only, ...others] = vms;
  return (
    <>
      {only === undefined || others.length > 0 ? null : (
        <BestHost
          vm={only}
          chosen={choice.target}
          onChoose={(target) => onChange({ target, pool: "" })}
        />
      )}
      <RadioGroup
        aria-label="Target host"
        className={styles.targets}
        value={choice.target ?? ""}
        onChange={(_, { value }) => onChange({ target: value, pool: "" })}
      >
        {hosts.map((host) => (
          <div key={host.id} className={styles.target}>
            <div className={styles.head}>
              <Radio value={host.name} label={host.name} disabled={!host.reachable} />
              {host.reachable && asked.includes(host) ? (
                <Verdict verdict={verdicts.get(host.name)} />
              ) : null}
            </div>
            <Reasons
              host={host}
              details={details.get(host.name)}
              verdict={verdicts.get(host.name)}
              neededBytes={neededBytes}
            />
          </div>
        ))}
        {hosts.length === 0 ? <Text>There is no other host in this domain.</Text> : null}
        {choice.kind === "with-disks" && choice.target !== undefined ? (
          <PoolField
            host={choice.target}
            label="Pool for the disks"
            empty="As the checks find: the pool of the same name, else the host's default"
            choice={choice}
            onChange={onChange}
          />
        ) : null}
      </RadioGroup>
    </>
  );
}

function Reasons(given: {
  readonly host: DomainHost;
  readonly details: Host | undefined;
  readonly verdict: TargetVerdict | undefined;
  readonly neededBytes: number;
}) {
  const styles = useStyles();
  const { host, details, verdict, neededBytes } = given;
  if (!host.reachable) {
    return (
      <Text size={200} className={styles.against}>
        Does not answer. {host.reason}
      </Text>
    );
  }
  const free = details?.memory.availableBytes;
  const pros: string[] = [];
  if (free !== undefined && free > neededBytes) pros.push(`${bytes(free)} of memory are free`);
  if (details !== undefined) pros.push(`${details.vms.running} VMs run there`);
  if (verdict?.report !== undefined && verdict.report.disks.length === 0) {
    pros.push("it reaches the disks");
  }
  const prediction = verdict?.report?.possible === true ? verdict.report.prediction : null;
  if (prediction) pros.push(expectedWords(prediction));
  return (
    <>
      {pros.length === 0 ? null : (
        <Text size={200} className={styles.for}>
          For it: {pros.join(", ")}
        </Text>
      )}
      {verdict?.against.map((reason) => (
        <Text
          key={reason}
          size={200}
          className={verdict.blocking > 0 ? styles.against : styles.quiet}
        >
          Against it: {reason}
        </Text>
      ))}
    </>
  );
}

function PoolOfOwnHost({ choice, onChange }: WhereStepProps) {
  const vms = useVms().filter(({ name }) => choice.vms.includes(name));
  const [host, ...others] = [...new Set(vms.map((vm) => vm.host))];
  if (host === undefined) return null;
  if (others.length > 0) {
    return (
      <Text>Choose VMs of one host: {[host, ...others].join(", ")} have their own pools.</Text>
    );
  }
  return (
    <PoolField
      host={host}
      label={`Pool of ${host}`}
      empty="Choose"
      choice={choice}
      onChange={onChange}
    />
  );
}

function PoolField(
  given: WhereStepProps & {
    readonly host: string;
    readonly label: string;
    readonly empty: string;
  },
) {
  const { host, label, empty, choice, onChange } = given;
  const { data } = useQuery({
    queryKey: keys.pools(host),
    queryFn: () => call("GET /v1/pools", { host }),
  });
  return (
    <Field label={label}>
      <Select value={choice.pool} onChange={(_, { value }) => onChange({ pool: value })}>
        <option value="">{empty}</option>
        {data?.pools.map(({ name, space }) => (
          <option key={name} value={name}>
            {space === null ? name : `${name} (${bytes(space.freeBytes)} free)`}
          </option>
        ))}
      </Select>
    </Field>
  );
}
