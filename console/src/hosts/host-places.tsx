/** What a host gives to VMs: pools, virtual switches, and the secrets of its storage. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { useMay } from "../session/session.tsx";
import { Pools } from "./pools.tsx";
import { Secrets } from "./secrets.tsx";
import { Switches } from "./switches.tsx";

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(420px, 100%), 1fr))",
    gap: tokens.spacingHorizontalL,
    alignItems: "start",
  },
});

export function HostPlaces({ host }: { readonly host: string }) {
  const maySeeSecrets = useMay("administrator");
  return (
    <div className={useStyles().columns}>
      <Pools host={host} />
      <Switches host={host} />
      {maySeeSecrets ? <Secrets host={host} /> : null}
    </div>
  );
}
