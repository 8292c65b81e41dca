/**
 * Runs a program to its end and returns what it printed. Never through a shell: arguments are arguments. Bounded in
 * time and output, because what runs here answers in milliseconds, or something is wrong.
 */
import { execFile } from "node:child_process";
import { FerryError } from "./errors.ts";
import { atOrdinaryPriority } from "./priority.ts";

export interface RunOptions {
  /** Default 30 000. */
  readonly timeoutMs?: number;
  /** Bytes of standard output, and of standard error; more is an error. Default 4 MiB. */
  readonly outputBytesMax?: number;
  readonly signal?: AbortSignal;
  /** What it reads from standard input; absent: nothing. */
  readonly input?: string;
  /** Variables beside PATH and LC_ALL; what the agent's own environment has is not handed on. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Run as this user; only root can. */
  readonly user?: { readonly uid: number; readonly gid: number } | null;
}

/** The Debian package that holds each program Ferry calls. */
const packages: Readonly<Record<string, string>> = {
  ip: "iproute2",
  bridge: "iproute2",
  "qemu-img": "qemu-utils",
  "qemu-system-x86_64": "qemu-system-x86",
  getent: "libc-bin",
  mkfifo: "coreutils",
  prlimit: "util-linux",
  busctl: "systemd",
  systemctl: "systemd",
  swtpm: "swtpm",
  etcd: "etcd-server",
};

/** How a program ended that ran but did not succeed; the `cause` of the error that `runProgram` throws. */
export class ProgramFailure extends Error {
  override readonly name = "ProgramFailure";
  readonly exitCode: number | null;
  readonly stderr: string;

  constructor(program: string, exitCode: number | null, stderr: string) {
    super(`${program} ended with code ${exitCode ?? "none"}: ${stderr.trim().slice(-2000)}`);
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/**
 * @returns standard output as text.
 * @throws FerryError `missing-program`, `timeout`, `cancelled`; `system-refused` with a `ProgramFailure` as cause when
 * the program says no.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { timeoutMs = 30_000, outputBytesMax = 4 * 1024 * 1024, signal, user } = options;
  return new Promise((resolve, reject) => {
    const child = atOrdinaryPriority(() =>
      execFile(
        program,
        args,
        {
          timeout: timeoutMs,
          killSignal: "SIGKILL",
          maxBuffer: outputBytesMax,
          encoding: "utf8",
          env: { PATH: searchPath(), LC_ALL: "C", ...options.environment },
          ...(signal === undefined ? {} : { signal }),
          ...(user === undefined || user === null || process.getuid?.() === user.uid
            ? {}
            : { uid: user.uid, gid: user.gid, cwd: "/" }),
        },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(explain(program, error, stderr, timeoutMs));
        },
      ),
    );
    // A program that ends before it has read everything has answered by how it ended.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(options.input ?? "");
  });
}

/** iproute2 lives in /sbin, which a service's PATH may lack. */
export function searchPath(): string {
  const inherited = process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin";
  return `${inherited}:/usr/sbin:/sbin`;
}

export function missingProgram(program: string, cause?: unknown): FerryError {
  const name = program.split("/").at(-1) ?? program;
  const debianPackage = packages[name];
  return new FerryError("missing-program", `Cannot run "${program}": it is not installed`, {
    remedy:
      debianPackage === undefined
        ? "Install it, or correct its path in the configuration"
        : `Install it: apt-get install ${debianPackage}`,
    cause,
  });
}

function explain(
  program: string,
  error: Error & { code?: unknown; killed?: boolean },
  stderr: string,
  timeoutMs: number,
): FerryError {
  if (error.code === "ENOENT") return missingProgram(program, error);
  if (error.code === "ABORT_ERR") {
    return new FerryError("cancelled", `Cannot finish "${program}": it was cancelled`, {
      cause: error,
    });
  }
  if (error.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER") {
    return new FerryError(
      "system-refused",
      `Cannot use the output of "${program}": it is too long`,
      {
        cause: error,
      },
    );
  }
  if (error.killed === true) {
    return new FerryError("timeout", `Cannot finish "${program}": no end after ${timeoutMs} ms`, {
      remedy: "Look for a hanging network mount or an overloaded host, then try again",
      cause: error,
    });
  }
  const exitCode = typeof error.code === "number" ? error.code : null;
  return new FerryError("system-refused", `Cannot run "${program}": it refused`, {
    cause: new ProgramFailure(program, exitCode, stderr === "" ? error.message : stderr),
  });
}
