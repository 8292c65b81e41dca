/** What etcd's members have done, by their own metrics: operations and bytes of clients, processor and memory. */
import { request } from "node:https";
import { text } from "node:stream/consumers";
import type { IncomingMessage } from "node:http";

export interface EtcdMeter {
  /** Transactions, ranges, puts and deletes that clients asked for. */
  readonly operations: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly cpuSeconds: number;
  readonly rssBytes: readonly number[];
  readonly dataBytes: readonly number[];
}

export interface EtcdPlace {
  readonly endpoints: readonly string[];
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const operation =
  /^grpc_server_handled_total\{[^}]*grpc_method="(?:Txn|Range|Put|DeleteRange)"[^}]*grpc_service="etcdserverpb\.KV"[^}]*\} (\S+)$/gm;

/** Asks each member; from where they can be reached. */
export async function readEtcd({ endpoints, ...tls }: EtcdPlace): Promise<EtcdMeter> {
  const pages = await Promise.all(endpoints.map((endpoint) => pageOf(endpoint, tls)));
  const each = (name: string): number[] => pages.map((page) => valueOf(page, name));
  const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
  return {
    operations: sum(
      pages.flatMap((page) => [...page.matchAll(operation)].map(([, n]) => Number(n))),
    ),
    sentBytes: sum(each("etcd_network_client_grpc_sent_bytes_total")),
    receivedBytes: sum(each("etcd_network_client_grpc_received_bytes_total")),
    cpuSeconds: sum(each("process_cpu_seconds_total")),
    rssBytes: each("process_resident_memory_bytes"),
    dataBytes: each("etcd_mvcc_db_total_size_in_bytes"),
  };
}

function valueOf(page: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(page)?.[1] ?? 0);
}

async function pageOf(endpoint: string, tls: Omit<EtcdPlace, "endpoints">): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { ca, cert, key } = tls;
  request(new URL("/metrics", endpoint), { ca, cert, key }, resolve).on("error", reject).end();
  return await text(await promise);
}
