/** docs/checks.md out of the list of checks. Pure. */
import type { CheckFamily } from "./checks.ts";

const introduction = `# The checks

<!-- Made by src/precheck/write-docs.ts from the list of checks (src/precheck/checks.ts): change it there. -->

\`ferry check web01 host-b\` runs every check below and reports all findings at once, without changing anything on either
host; \`ferry move\` runs the same checks first. What **blocks** stops a move, a **warning** doesn't. \`ferry check --list\`
and \`GET /v1/checks\` give this list.

Both hosts gather the same facts by the same function (\`src/precheck/gather.ts\`); a check is a record of the list with a
pure function over both hosts' facts. To add one: add its record to its family's file in \`src/precheck/\`, and what it needs to
know about a host to \`facts.ts\` and \`gather.ts\`. A new fact is optional, since an older agent does not tell it.
It needs a scene as well in which it fails and is mended (\`test/precheck/proofs/\`); what was read in all of them is in [checks-seen.md](checks-seen.md).
`;

export function checksPage(families: readonly CheckFamily[]): string {
  return [introduction, ...families.map((family) => section(family))].join("\n");
}

function section({ family, checks }: CheckFamily): string {
  const entries = checks.map(
    ({ id, title, compares, severity, remedy }) =>
      `### \`${id}\`\n\n${title}. ${severity === "blocking" ? "Blocks." : "Warns."}\n\n` +
      `- Compares: ${compares}\n- Remedy: ${remedy}\n`,
  );
  return `## ${family.charAt(0).toUpperCase()}${family.slice(1)}\n\n${entries.join("\n")}`;
}
