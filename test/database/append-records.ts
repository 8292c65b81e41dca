/** A program that appends records to a journal and says each number once `append` has returned; ended by whoever started it. */
import { openDatabase } from "../../src/database/database.ts";
import { Journal } from "../../src/migration/journal.ts";

const [path = "", first = "0"] = process.argv.slice(2);
const journal = new Journal(openDatabase(path), () => Date.now());
for (let number = Number(first); ; number++) {
  journal.append("m", { kind: "rolled-back", reason: String(number) });
  process.stdout.write(`${number}\n`);
}
