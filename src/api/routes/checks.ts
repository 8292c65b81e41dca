/** Checks: what would stop a move, without moving anything. */
import { checkFamilies } from "../../precheck/checks.ts";
import { changesBetween } from "../../precheck/report-changes.ts";
import { requireSameMove } from "../../precheck/saved-report.ts";
import { CheckList, CheckReport, CheckRequest } from "../schema/check.ts";
import { HostQuery } from "../schema/scope.ts";
import type { ApiServer } from "../api-server.ts";
import type { Services } from "../services.ts";
import { answers } from "./answers.ts";

export function checkRoutes(app: ApiServer, { precheck }: Services): void {
  app.get(
    "/v1/checks",
    {
      schema: {
        operationId: "listChecks",
        summary: "The list of checks: what each compares, how grave it is, what mends it",
        querystring: HostQuery,
        response: answers(CheckList),
      },
    },
    () => ({
      checks: checkFamilies.flatMap(({ family, checks }) =>
        checks.map(({ id, title, compares, severity, remedy }) => ({
          ...{ id, family, title, compares, severity, remedy },
        })),
      ),
    }),
  );
  app.post(
    "/v1/checks",
    {
      config: { locate: "vm-in-body" },
      schema: {
        operationId: "checkMove",
        summary: "Everything that could stop a move, all causes at once, each with its remedy",
        querystring: HostQuery,
        body: CheckRequest,
        response: answers(CheckReport),
      },
    },
    async (request) => {
      const { vm, target, options = {}, previous } = request.body;
      const { prediction, ...report } = await precheck.runAndPredict({ vm, target, options });
      if (previous !== undefined) requireSameMove(previous, report);
      return {
        ...report,
        findings: [...report.findings],
        disks: [...report.disks],
        files: [...report.files],
        prediction: prediction && {
          ...prediction,
          link: { ...prediction.link, addresses: [...prediction.link.addresses] },
        },
        ...(previous && { changes: changesBetween(previous.findings, report.findings) }),
      };
    },
  );
}
