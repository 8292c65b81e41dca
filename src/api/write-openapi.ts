/** Writes openapi.json, the checked-in document of the API: `npm run openapi`. */
import { writeFileSync } from "node:fs";
import { describeApi } from "./describe-api.ts";

const path = new URL("../../openapi.json", import.meta.url);
writeFileSync(path, `${JSON.stringify(await describeApi(), undefined, 2)}\n`);
