/** A browser on a network of the lab: Debian's Chromium without a window, driven over a pipe. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { SessionLink } from "../src/api/schema/session.ts";
import type { Role } from "../src/api/schema/token.ts";
import { inNamespace } from "./namespaces.ts";
import type { LabHost } from "./lab-host.ts";
import { patienceMs } from "./patience.ts";

const program = "/usr/bin/chromium";
/** Nothing is drawn on a screen, nothing is sent home, and root has no sandbox of its own. */
const switches = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
  "--force-color-profile=srgb",
];

export class LabBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #directory: string;

  private constructor(browser: Browser, directory: string) {
    this.#browser = browser;
    this.#directory = directory;
  }

  /** @param namespace From where it looks at the lab; absent: from where this process is. */
  static async open(namespace?: string): Promise<LabBrowser> {
    const directory = mkdtempSync(join(tmpdir(), "ferry-browser-"));
    // The driver starts one program: this one takes it to the network it shall look from.
    const [first, words] =
      namespace === undefined ? [program, []] : inNamespace(namespace, [program]);
    const path = join(directory, "chromium");
    const quoted = [first, ...words].map((word) => `'${word}'`).join(" ");
    writeFileSync(path, `#!/bin/sh\nexec ${quoted} "$@"\n`);
    chmodSync(path, 0o755);
    const browser = await chromium.launch({ executablePath: path, args: switches });
    return new LabBrowser(browser, directory);
  }

  /** A page of a browser that nobody has used yet. The hosts' authority is no browser's business here. */
  async page(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({
      ignoreHTTPSErrors: true,
      viewport: { width: 1280, height: 800 },
      reducedMotion: "reduce",
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(patienceMs);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** A link as `ferry console` prints it, for a host of the lab. */
export async function consoleLink(host: LabHost, role: Role = "administrator"): Promise<string> {
  const link: SessionLink = await host.api("POST /v1/session/links", {
    body: { name: "lab", role },
  });
  return link.url;
}

const lookEveryMs = 50;

/**
 * Resolves when that expression is true in the page. The driver's own way to wait evaluates it by a task of the page, where the
 * console's policy forbids that: it only works for what is true at once.
 */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await page.evaluate<boolean>(expression))) {
    if (performance.now() > deadline) throw new Error(`still not true: ${expression}`);
    await page.waitForTimeout(lookEveryMs);
  }
}
