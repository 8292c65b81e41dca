/**
 * What `npm run tidy` holds the sources to, beyond types, lint and format: sizes, names, import directions, calls
 * that have no place, and the one list of stages. Pure: each rule takes a file's path and text and returns findings.
 */

export interface SourceFile {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export type Rule = (file: SourceFile) => Finding[];

/** A file that needs more wants to be two. */
const linesMax = 300;

/** Lower numbers know nothing of higher ones; folders of one number may know each other. */
const layers: Readonly<Record<string, number>> = {
  base: 0,
  database: 1,
  memory: 1,
  "disk-stream": 1,
  protocol: 1,
  qemu: 1,
  network: 1,
  host: 1,
  trust: 2,
  session: 2,
  storage: 2,
  vm: 3,
  precheck: 4,
  migration: 4,
  scheduler: 5,
  cluster: 5,
  api: 6,
  agent: 7,
};

/** Plain vocabulary: documents and lists that carry no behaviour, free for every layer. */
const vocabulary = new Set([
  "src/vm/definition.ts",
  "src/vm/passage.ts",
  "src/vm/vm-policy.ts",
  "src/migration/plan.ts",
  "src/migration/record.ts",
]);

/** The command line is a client: over the API only, never into the agent. */
const clientMayImport =
  /^src\/(base\/|cli\/|api\/client\.ts$|api\/schema\/|migration\/(?:plan|comparison-words)\.ts$)/;

/** The console is a client in a browser: of the agent it runs what is pure, and takes types. */
const browserMayImport =
  /^(?:console\/|src\/(?:base\/(?:errors|format|invariant)\.ts|api\/event-stream-parser\.ts|migration\/(?:plan|comparison-words)\.ts)$)/;

export function importDirections({ path, text }: SourceFile): Finding[] {
  if (path.startsWith("console/src/")) return browserImports(path, text);
  const folder = /^src\/([^/]+)\//.exec(path)?.[1];
  if (folder === undefined || path.endsWith(".test.ts")) return [];
  const findings: Finding[] = [];
  for (const { specifier, typeOnly, line } of importsOf(text)) {
    const target = resolveImport(path, specifier);
    if (target === undefined || vocabulary.has(target)) continue;
    const reason = folder === "cli" ? clientReason(target, typeOnly) : layerReason(folder, target);
    if (reason !== undefined) findings.push({ path, line, message: `${specifier}: ${reason}` });
  }
  return findings;
}

function browserImports(path: string, text: string): Finding[] {
  if (path.endsWith(".test.ts")) return [];
  return importsOf(text).flatMap(({ specifier, typeOnly, line }) => {
    const target = resolveImport(path, specifier);
    if (target === undefined || typeOnly || browserMayImport.test(target)) return [];
    const message = `${specifier}: the console runs nothing of the agent but what is pure and named in ${rulesFile}`;
    return [{ path, line, message }];
  });
}

function clientReason(target: string, typeOnly: boolean): string | undefined {
  if (typeOnly || clientMayImport.test(target)) return undefined;
  return "the command line imports only the API's client and schemas, base, the plan, the words for a comparison, and types";
}

function layerReason(folder: string, target: string): string | undefined {
  const targetFolder = /^src\/([^/]+)\//.exec(target)?.[1];
  if (targetFolder === undefined || targetFolder === folder) return undefined;
  const own = layers[folder];
  const other = layers[targetFolder];
  if (own === undefined) return `folder src/${folder} has no layer; give it one in ${rulesFile}`;
  if (other === undefined) return `src/${targetFolder} is nothing that a layer may import`;
  if (other <= own) return undefined;
  return `src/${folder} (layer ${own}) may not know src/${targetFolder} (layer ${other})`;
}

const rulesFile = "scripts/tidy-rules.ts";

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

export function importsOf(text: string): Import[] {
  const found: Import[] = [];
  const statement = /^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"/gm;
  for (const match of text.matchAll(statement)) {
    const names = /\{([^}]*)\}/.exec(match[0])?.[1]?.split(",") ?? [];
    const listed = names.map((name) => name.trim()).filter((name) => name !== "");
    found.push({
      specifier: match[2] ?? "",
      typeOnly:
        match[1] !== undefined ||
        (listed.length > 0 && listed.every((name) => name.startsWith("type "))),
      line: lineAt(text, match.index),
    });
  }
  return found;
}

function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** Files whose head comment says `Pure` decide without looking at the world. */
export function purity({ path, text }: SourceFile): Finding[] {
  const head = /^(?:#!.*\n)?\/\*\*[\s\S]*?\*\//.exec(text)?.[0];
  if (isThisFile(path) || head === undefined || !/\bPure\b/.test(head)) return [];
  const world =
    /from "node:(?:fs|fs\/promises|net|tls|http|https|http2|dgram|child_process|timers|timers\/promises|worker_threads|sqlite|os)"|\bDate\.now\(|\bnew Date\(\)|\bset(?:Timeout|Interval|Immediate)\(|\bperformance\.now\(|\bMath\.random\(|\bprocess\.(?:env|hrtime|argv)\b/g;
  return matches(path, text, world, (what) => `a file marked Pure may not use ${what}`);
}

export function size({ path, text }: SourceFile): Finding[] {
  const count = text.split("\n").length - 1;
  if (count <= linesMax) return [];
  return [{ path, line: linesMax, message: `${count} lines, at most ${linesMax}: split it` }];
}

export function names({ path }: SourceFile): Finding[] {
  const parts = path.split("/");
  const bad = parts.find((part) =>
    /^(?:utils?|helpers?|common|managers?|index)(?:\.[a-z.]+)?$/.test(part),
  );
  if (bad !== undefined) {
    return [{ path, line: 1, message: `"${bad}" says nothing: name the thing inside` }];
  }
  const file = parts.at(-1) ?? "";
  if (/^[0-9a-z-]+(?:\.(?:test|config|d))?\.(?:tsx?|mjs)$/.test(file)) return [];
  return [{ path, line: 1, message: "file names are kebab-case" }];
}

const banned: ReadonlyArray<{ pattern: RegExp; where: RegExp; why: string }> = [
  {
    pattern:
      /\bshell: true\b|\bexecSync\(|\bimport \{[^}]*\bexec\b[^}]*\} from "node:child_process"/g,
    where: /./,
    why: "no shell between Ferry and a program: use execFile or spawn with a list",
  },
  {
    pattern: /"(?:pkill|killall)"/g,
    where: /./,
    why: "processes are ended by pid and start time, never by name",
  },
  {
    pattern: /\bconsole\.(?:log|error|warn|info|debug)\(/g,
    where: /^src\/(?!cli\/|api\/write-openapi\.ts)/,
    why: "the agent speaks through its log",
  },
  {
    pattern: /\bprocess\.exit\(/g,
    where: /^src\/(?!cli\/|session\/worker\.ts)/,
    why: "only an entry point ends the process",
  },
  {
    pattern: /\bFIXME\b|\bXXX\b/g,
    where: /./,
    why: "fix it, or write TODO(#issue) with what fails",
  },
  { pattern: /\/\/ @ts-(?:ignore|nocheck)/g, where: /./, why: "types are not switched off" },
  {
    pattern: /\bZSTD_c_nbWorkers|createZstdCompress\(/g,
    where: /^src\/(?!memory\/zstd-context\.ts)/,
    why: "loses data on Node 26.10: use src/memory/zstd-context.ts (docs/decisions/0007, 0130)",
  },
  {
    pattern: /\{ timeout: \d|retries|\.only\(/g,
    where: /\.test\.ts$/,
    why: "a test waits for what it needs; it neither retries nor asserts times",
  },
];

export function bannedCalls({ path, text }: SourceFile): Finding[] {
  if (isThisFile(path)) return [];
  return banned
    .filter(({ where }) => where.test(path))
    .flatMap(({ pattern, why }) => matches(path, text, pattern, (what) => `${what}: ${why}`));
}

/** Three stage names as literals in one file are a second list of stages. */
export function oneStageList(stageNames: readonly string[]): Rule {
  return ({ path, text }) => {
    if (path === "src/migration/plan.ts" || path.endsWith(".test.ts")) return [];
    if (path.startsWith("test/") || path.startsWith("src/migration/")) return [];
    const listed = stageNames.filter((name) => name.includes("-") && text.includes(`"${name}"`));
    if (listed.length < 3) return [];
    const message = `names ${listed.length} stages: derive the list from src/migration/plan.ts`;
    return [{ path, line: 1, message }];
  };
}

/** One title a page, and no title skipped to by two levels. */
export function markdown({ path, text }: SourceFile): Finding[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, (code) => code.replace(/[^\n]/g, " "));
  const titles = [...prose.matchAll(/^# .+/gm)];
  if (titles.length === 1) return [];
  const line = titles[1] === undefined ? 1 : lineAt(prose, titles[1].index);
  return [{ path, line, message: `${titles.length} first-level headings, wants exactly one` }];
}

function matches(
  path: string,
  text: string,
  pattern: RegExp,
  message: (what: string) => string,
): Finding[] {
  return [...text.matchAll(pattern)].map((match) => ({
    path,
    line: lineAt(text, match.index),
    message: message(match[0]),
  }));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** This file and its test spell out what is banned. */
function isThisFile(path: string): boolean {
  return path.startsWith("scripts/tidy-rules");
}
