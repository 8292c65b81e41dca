/** docs/recovery.md, rendered from the table that the agent follows. Pure. */
import {
  type ColumnSets,
  decisions,
  ownerRecords,
  qemuStates,
  qemuStatesThere,
  recordsHere,
  recordsThere,
} from "./recovery-facts.ts";
import { impossibilities } from "./recovery-impossible.ts";
import { recoveryRows } from "./recovery-table.ts";

const columns = {
  here: recordsHere,
  there: recordsThere,
  qemuHere: qemuStates,
  qemuThere: qemuStatesThere,
  owner: ownerRecords,
} as const;

const intro = `# Recovery

What happens to a move after a crash of anything: an agent, a QEMU, a host, a link. This page is written by
\`node src/migration/write-recovery.ts\` from the table that the agent itself follows (\`src/migration/recovery-table.ts\`).

## By itself

A restarted agent adopts its running VMs, asks the other host about every migration that its journal left open, and looks up what to do.
Whatever it does is written down first, so that an agent that dies in the middle begins again where the journal stands. Until it knows
enough it asks again, and nothing runs meanwhile that did not run.

In short: **before *handed-over* is in the source's journal the VM is the source's, after it the target's.** While the hosts cannot reach each
other, a VM that was handed over waits on the target, paused, until the source has been asked; a VM that was not handed over runs on the
source.

## For a person

The move is \`unresolved\` (\`ferry migration list --state unresolved\`) when only a person can know what is true:

| situation | page |
|---|---|
| the source has handed over, and the target host is gone for good | [target-lost](runbooks/target-lost.md) |
| the target is ready, and the source host is gone for good | [source-lost](runbooks/source-lost.md) |
| the source has handed over, and the target denies having the VM | [target-denies](runbooks/target-denies.md) |
| the target is ready, and the source has lost its journal | [source-lost](runbooks/source-lost.md) |
| each host was told that the other is dead | [both-claimed](runbooks/both-claimed.md) |
| what the hosts say contradicts itself | [contradiction](runbooks/contradiction.md) |
| an agent cannot write its journal | [journal-disk](runbooks/journal-disk.md) |
| an agent does not start because of its database | [database](runbooks/database.md) |

## The table

Columns: the last record of the journal here and at the other host, what QEMU does here and there, and whom the owner's record names. Such
a record there is in a cluster only; \`journal\` means that the source's journal is the authority. A column that is not named may have any
value. For every combination exactly one row holds, or it is impossible; a test walks all of them.
`;

/** The whole page. */
export function recoveryPage(): string {
  return [intro, rows(), legend(), impossible()].join("\n");
}

function rows(): string {
  const lines = recoveryRows.map(
    (row) =>
      `| ${describe(row, ["here"])} | ${describe(row, rest)} | **${row.decision}** | ${row.why} |`,
  );
  return table("| last record here | and | decision | because |", lines);
}

function legend(): string {
  const lines = Object.entries(decisions).map(([name, meaning]) => `| **${name}** | ${meaning} |`);
  return `## What the decisions mean\n\n${table("| decision | what is done |", lines)}`;
}

function impossible(): string {
  const lines = impossibilities.map(
    (rule) => `| ${describe(rule, ["here", ...rest])} | ${rule.reason} |`,
  );
  const head = `## What cannot be

Facts that contradict each other while disks and Ferry keep their word. An agent that sees them all the same, because a database was
restored from a backup or a QEMU was let run by hand, asks a person and touches nothing.
`;
  return `${head}\n${table("| facts | why not |", lines)}`;
}

type Column = keyof typeof columns;
const rest = ["there", "qemuHere", "qemuThere", "owner"] as const satisfies readonly Column[];
const titles: Readonly<Record<Column, string>> = {
  here: "",
  there: "there",
  qemuHere: "QEMU here",
  qemuThere: "QEMU there",
  owner: "owner",
};

function describe(sets: ColumnSets, wanted: readonly Column[]): string {
  const parts = wanted.flatMap((column) => {
    const values: readonly string[] | undefined = sets[column];
    if (values === undefined || values.length === columns[column].length) return [];
    return [`${titles[column]} ${values.map((value) => `\`${value}\``).join(", ")}`.trim()];
  });
  return parts.length === 0 ? "anything" : parts.join("; ");
}

function table(head: string, lines: readonly string[]): string {
  const cells = head.split("|").length - 2;
  return `${[head, `|${"---|".repeat(cells)}`, ...lines].join("\n")}\n`;
}
