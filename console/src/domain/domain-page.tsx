/** The domain: who is in it, how hosts prove themselves, whom it trusts, and the tokens of people and scripts. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { call } from "../api/call.ts";
import { keys } from "../live/keys.ts";
import { Empty } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { time } from "../preferences/format.ts";
import { useMay } from "../session/session.tsx";
import { Page } from "../shell/page.tsx";
import { JoinPanel } from "./join-panel.tsx";
import { Members } from "./members.tsx";
import { Tokens } from "./tokens.tsx";
import { Trusts } from "./trusts.tsx";

const useStyles = makeStyles({
  // One under the other in each column: they are of very different height.
  columns: {
    columnWidth: "min(420px, 100%)",
    columnGap: tokens.spacingHorizontalL,
    "& > *": { breakInside: "avoid", marginBottom: tokens.spacingHorizontalL },
  },
});

export function DomainPage() {
  const styles = useStyles();
  const mayAdministrate = useMay("administrator");
  const { data, error } = useQuery({
    queryKey: keys.domain,
    queryFn: () => call("GET /v1/domain"),
  });
  const domain = data?.domain;
  return (
    <Page title="Domain and trust">
      {error === null ? null : <Problem error={error} />}
      {domain === null ? <Empty text="This host belongs to no domain." /> : null}
      {domain === null || domain === undefined ? null : (
        <div className={styles.columns}>
          <Panel title={`Domain ${domain.name}`}>
            <Facts
              facts={[
                ["Fingerprint", domain.fingerprint],
                [
                  "Authority",
                  domain.issuer ? "Its key is on this host" : "Its key is on another host",
                ],
                ["This host's certificate", `Until ${time(domain.certificate.validTo)}`],
                ["Renewed by itself", time(domain.certificate.renewsAt)],
                ["List of hosts", `Version ${domain.rosterVersion}`],
                ["Refused connections", `${domain.refusedPeers} since the agent started`],
              ]}
            />
          </Panel>
          <Members />
          {mayAdministrate ? <JoinPanel /> : null}
          <Trusts />
          {mayAdministrate ? <Tokens /> : null}
        </div>
      )}
    </Page>
  );
}
