/** RDMA over Ethernet in software, on the hosts' network for moves. */
import type { Shell } from "../../lab/hosts/shell.ts";

export async function addRdma(host: Shell): Promise<void> {
  await host.run("modprobe rdma_rxe && rdma link add rxe0 type rxe netdev eth1");
}

export async function removeRdma(host: Shell): Promise<void> {
  await host.run("rdma link delete rxe0");
}
