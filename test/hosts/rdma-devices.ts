/** RDMA over Ethernet in software, on the hosts' network for moves. */
import type { Shell } from "../../lab/hosts/shell.ts";

/** For as long as the host runs: the kernel waits, before it takes one away, for the QEMU that received by it. */
export async function addRdma(host: Shell): Promise<void> {
  await host.run("modprobe rdma_rxe && rdma link add rxe0 type rxe netdev eth1");
}
