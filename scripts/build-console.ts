/**
 * `npm run console`: builds the console into console/dist, from where the agent serves it. Does nothing when it was
 * built from the very same sources, which a digest beside the result tells.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { constants, brotliCompressSync } from "node:zlib";

const inputs = [
  "console/{index.html,package.json,vite.config.ts,tsconfig.json}",
  "console/{src,public}/**/*",
  // Code of the agent that runs in the browser too; its types leave no trace.
  "src/{api/event-stream-parser,base/*,migration/plan}.ts",
  "package-lock.json",
];
const vite = "node_modules/vite/bin/vite.js";
const stamp = "console/dist/.built-from";
/** Below it the answer's head is larger than what is saved. */
const worthCompressingBytes = 1024;

const digest = digestOf(inputs.flatMap((pattern) => globSync(pattern)).toSorted());
if (builtFrom() !== digest) build();

function build(): void {
  process.stderr.write("ferry: Building the console\n");
  const built = spawnSync(process.execPath, [vite, "build", "console", "--logLevel", "warn"], {
    stdio: ["ignore", 2, 2],
  });
  if (built.status !== 0) {
    process.stderr.write("ferry: Cannot build the console: see above\n");
    process.exitCode = 1;
    return;
  }
  for (const path of globSync("console/dist/**/*.{js,css,svg}")) compress(path);
  writeFileSync(stamp, digest);
}

function compress(path: string): void {
  const body = readFileSync(path);
  if (body.length < worthCompressingBytes) return;
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
  const params = { [BROTLI_PARAM_QUALITY]: 9, [BROTLI_PARAM_SIZE_HINT]: body.length };
  writeFileSync(`${path}.br`, brotliCompressSync(body, { params }));
}

function digestOf(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) {
    if (!statSync(path).isFile()) continue;
    hash.update(`${path}\0`).update(readFileSync(path));
  }
  return hash.digest("hex");
}

function builtFrom(): string | undefined {
  try {
    return readFileSync(stamp, "utf8");
  } catch {
    return undefined; // never built
  }
}
