/** `ferry domain`: the hosts that trust one authority, and the domains that trust each other. */
import { readFile } from "node:fs/promises";
import { text as readText } from "node:stream/consumers";
import type { Command } from "commander";
import type { DomainCertificate } from "../../api/schema/domain.ts";
import { FerryError } from "../../base/errors.ts";
import { formatTime } from "../../base/format.ts";
import type { Cli } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { parseDuration } from "../quantities.ts";
import { renderDomain, renderTrusts } from "../render/host.ts";

export function defineDomain(command: Command, cli: Cli): void {
  command
    .command("create")
    .description("create a domain with this host as its first member")
    .argument("<name>", "what it is called")
    .action(async (name: string) => {
      await cli.call("POST /v1/domain", { body: { name } });
      await showDomain(cli);
    });
  command
    .command("show")
    .description("show the domain of this host, and the domains it trusts")
    .action(() => showDomain(cli));
  command
    .command("token")
    .description("print a token that lets one host join: `ferry host join` on that host")
    .option("--valid <duration>", "how long it can be used, such as 1h", parseDuration)
    .action(async ({ valid }: { valid?: number }) => {
      const body = valid === undefined ? {} : { validMs: valid };
      const token = await cli.call("POST /v1/domain/join-tokens", { body });
      cli.output.result(token, () => token.token);
      cli.output.note(`It can be used once, until ${formatTime(token.expiresAt)}`);
    });
  defineTrust(command, cli);
  command
    .command("certificate")
    .description("print what another domain needs to trust this one: `ferry domain trust` there")
    .option("--pem", "only the authority's certificate, for --ca on other machines")
    .action(async ({ pem }: { pem?: boolean }) => {
      const certificate = await cli.call("GET /v1/domain/certificate");
      cli.output.result(certificate, () => {
        return pem === true
          ? certificate.certificate.trimEnd()
          : JSON.stringify(certificate, undefined, 2);
      });
    });
}

function defineTrust(command: Command, cli: Cli): void {
  command
    .command("trust")
    .description("let hosts of another domain move VMs here, and VMs from here move there")
    .argument("<file>", "what `ferry domain certificate` printed there; - reads standard input")
    .action(async (file: string) => {
      const body = await readCertificate(file);
      await cli.call("POST /v1/domain/trusts", { body });
      const list = await cli.call("GET /v1/domain/trusts");
      cli.output.result(list, () => renderTrusts(list.trusts, cli.output.style));
      cli.output.note(
        "The other domain has to trust this one too before a VM can move between them",
      );
    });
  command
    .command("untrust")
    .description("trust another domain no longer")
    .argument("<domain>", "its name or id")
    .option("--yes", "do not ask")
    .action(async (nameOrId: string, { yes }: { yes?: boolean }) => {
      const { trusts } = await cli.call("GET /v1/domain/trusts");
      const domain = trusts.find(({ id, name }) => id === nameOrId || name === nameOrId);
      if (domain === undefined) {
        throw new FerryError("not-found", `Cannot find trusted domain "${nameOrId}"`, {
          remedy: "See: ferry domain show",
        });
      }
      await confirm({
        consequence: `No VM can move to or from the hosts of domain "${domain.name}" any more`,
        action: `untrust domain "${domain.name}"`,
        yes,
      });
      await cli.call("DELETE /v1/domain/trusts/{id}", { params: { id: domain.id } });
      cli.output.result({}, () => `Domain ${domain.name} is trusted no longer`);
    });
}

async function showDomain(cli: Cli): Promise<void> {
  const { domain } = await cli.call("GET /v1/domain");
  if (domain === null) {
    cli.output.result({ domain, trusts: [] }, () => "This host belongs to no domain");
    cli.output.note("Create one with `ferry domain create`, or join one with `ferry host join`");
    return;
  }
  const { trusts } = await cli.call("GET /v1/domain/trusts");
  cli.output.result({ domain, trusts }, () => {
    const own = renderDomain(domain);
    return trusts.length === 0 ? own : `${own}\n\n${renderTrusts(trusts, cli.output.style)}`;
  });
}

async function readCertificate(file: string): Promise<DomainCertificate> {
  try {
    const text = file === "-" ? await readText(process.stdin) : await readFile(file, "utf8");
    return JSON.parse(text) as DomainCertificate;
  } catch (cause) {
    throw new FerryError("bad-input", `Cannot read domain certificate "${file}"`, {
      remedy: "Give the file that `ferry domain certificate` printed on a host of the other domain",
      cause,
    });
  }
}
