/** Under which keys the cache keeps what the agents answered. */
export const keys = {
  session: ["session"],
  vms: ["vms"],
  migrations: ["migrations"],
  migration: (id: string) => ["migration", id],
  vmMigrations: (vm: string) => ["vm-migrations", vm],
  hosts: ["hosts"],
  host: (host: string) => ["host", host],
  settings: (host: string) => ["settings", host],
  drain: (host: string) => ["drain", host],
  pools: (host: string) => ["pools", host],
  poolFiles: (host: string, pool: string) => ["pool-files", host, pool],
  switches: (host: string) => ["switches", host],
  domain: ["domain"],
  trusts: ["trusts"],
  tokens: ["tokens"],
  events: (host: string) => ["events", host],
} as const;
