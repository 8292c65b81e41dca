/** Writes docs/recovery.md from the table: node src/migration/write-recovery.ts */
import { writeFileSync } from "node:fs";
import { recoveryPage } from "./recovery-page.ts";

writeFileSync(new URL("../../docs/recovery.md", import.meta.url), recoveryPage());
