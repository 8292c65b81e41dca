/** `ferry migration resolve`: a person's word on a move in doubt. It says what it risks, and asks. */
import type { Command } from "commander";
import { FerryError } from "../../base/errors.ts";
import type { MigrationRecord } from "../../migration/record.ts";
import type { PersonsWord } from "../../migration/persons-words.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { renderReport } from "../render/migration.ts";

interface ResolveOptions {
  readonly targetIsDead?: boolean;
  readonly sourceIsDead?: boolean;
  readonly yes?: boolean;
}

/** `find` answers with the best record there is. */
export function defineResolve(
  command: Command,
  cli: Cli,
  find: (migration: string) => Promise<MigrationRecord>,
): void {
  command
    .command("resolve")
    .description(
      "end a doubt that only you can: say that the other host is dead, and run the VM on",
    )
    .argument("<migration>", "its id, or the name of a VM for its newest one")
    .option(
      "--target-is-dead",
      "handed over, target lost: the VM goes on where it was, on the source",
    )
    .option("--source-is-dead", "ready on the target, source lost: the VM goes on on the target")
    .option("--yes", "do not ask")
    .action(async (migration: string, options: ResolveOptions) => {
      const word = wordOf(options);
      const record = await find(migration);
      const risk = riskOf(record, word);
      await confirm({ ...risk, yes: options.yes });
      const resolved = await cli.call("POST /v1/migrations/{id}/resolve", {
        params: { id: record.id },
        host: risk.runsOn,
        body: { word },
      });
      cli.output.result(resolved, () => renderReport(resolved));
    });
}

/** @throws FerryError `bad-input` unless exactly one word is given. */
function wordOf({ targetIsDead, sourceIsDead }: ResolveOptions): PersonsWord {
  if (targetIsDead === true && sourceIsDead !== true) return "target-is-dead";
  if (sourceIsDead === true && targetIsDead !== true) return "source-is-dead";
  throw new FerryError(
    "bad-input",
    "Cannot resolve a migration without one word on the other host",
    {
      remedy: "Give --target-is-dead or --source-is-dead; docs/recovery.md says when which is true",
    },
  );
}

function riskOf({ id, vm, source, target }: MigrationRecord, word: PersonsWord) {
  const [runsOn, dead] = word === "target-is-dead" ? [source, target] : [target, source];
  return {
    runsOn,
    action: `resolve migration "${id}"`,
    consequence:
      `VM "${vm.name}" runs on host "${runsOn}" from here on, and host "${dead}" loses its copy of it when it is back. ` +
      `If "${dead}" is not dead but only out of reach, two copies of the VM run until then: on shared disks they destroy each other's data, ` +
      `and what was done on "${dead}" is lost. Be sure that "${dead}" is off and stays off, or has been restarted since`,
  };
}
