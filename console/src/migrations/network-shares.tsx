/** Over which networks a move goes, and how much over each. */
import type { MigrationRecord } from "../../../src/migration/record.ts";
import { Meter } from "../parts/meter.tsx";
import { Panel } from "../parts/panel.tsx";
import { bytes, percent } from "../preferences/format.ts";

export function NetworkShares({ move }: { readonly move: MigrationRecord }) {
  const { networks = [], wireBytes = 0 } = move.progress ?? {};
  if (networks.length === 0 || wireBytes === 0) return null;
  return (
    <Panel title={networks.length === 1 ? "Network" : "Networks"}>
      {networks.map(({ address, wireBytes: own }) => (
        <Meter
          key={address}
          label={`To ${move.target} at ${address}`}
          used={own}
          total={wireBytes}
          text={`${bytes(own)}, ${percent((own / wireBytes) * 100)}`}
          mayExceed
        />
      ))}
    </Panel>
  );
}
