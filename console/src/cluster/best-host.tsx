/** In the wizard: the host that the cluster of a VM would choose for it, and why. Nothing where there is no cluster. */
import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { Vm } from "../../../src/api/schema/vm.ts";
import { call } from "../api/call.ts";
import { useClusterOnce } from "./cluster-data.ts";

const useStyles = makeStyles({
  row: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
});

interface BestHostProps {
  readonly vm: Vm;
  readonly chosen: string | undefined;
  readonly onChoose: (host: string) => void;
}

export function BestHost({ vm, chosen, onChoose }: BestHostProps) {
  const styles = useStyles();
  const cluster = useClusterOnce(vm.host);
  const { data } = useQuery({
    queryKey: ["best-host", vm.id],
    queryFn: ({ signal }) =>
      call("GET /v1/vms/{vm}/best-host", { params: { vm: vm.name }, signal }),
    enabled: cluster !== undefined,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  if (data === undefined) return null;
  const { to, reason } = data;
  return (
    <div className={styles.row}>
      <Text>
        {to === null ? "The cluster knows no better host: " : `The cluster would choose ${to}: `}
        {reason}
      </Text>
      {to === null || to === chosen ? null : (
        <Button size="small" onClick={() => onChoose(to)}>
          Choose {to}
        </Button>
      )}
    </div>
  );
}
