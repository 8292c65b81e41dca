/** Writes docs/checks.md from the list of checks: node src/precheck/write-docs.ts */
import { writeFileSync } from "node:fs";
import { checkFamilies } from "./checks.ts";
import { checksPage } from "./checks-page.ts";

writeFileSync(new URL("../../docs/checks.md", import.meta.url), checksPage(checkFamilies));
