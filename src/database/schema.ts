/**
 * The tables of a host's state, as numbered steps. A step that has shipped never changes; `PRAGMA user_version` says
 * which have run. Documents are JSON text, checked by their schema when read.
 */
export const schemaSteps: readonly string[] = [
  `
  CREATE TABLE vms (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    ownership TEXT NOT NULL CHECK (ownership IN ('owner', 'incoming', 'handed-over')),
    generation INTEGER NOT NULL CHECK (generation >= 1),
    migration TEXT,
    process TEXT,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE pools (
    name TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE switches (
    name TEXT PRIMARY KEY,
    bridge TEXT NOT NULL
  ) STRICT;
  CREATE TABLE migrations (
    id TEXT PRIMARY KEY,
    vm_id TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('source', 'target')),
    state TEXT NOT NULL,
    requested_at INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE INDEX migrations_by_time ON migrations (requested_at DESC);
  CREATE INDEX migrations_by_vm ON migrations (vm_id, requested_at DESC);
  CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    migration_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX journal_by_migration ON journal (migration_id, sequence);
  CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
  ) STRICT;
  CREATE TABLE join_tokens (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_by TEXT
  ) STRICT;
  CREATE TABLE trusted_domains (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    certificate TEXT NOT NULL,
    roster TEXT
  ) STRICT;
  CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    generation INTEGER NOT NULL
  ) STRICT;
  `,
  // Moves that wait for their turn; everything else about them is in their record.
  `
  CREATE TABLE queue (
    id TEXT PRIMARY KEY,
    priority TEXT NOT NULL,
    place INTEGER NOT NULL,
    copies_disks INTEGER NOT NULL
  ) STRICT;
  `,
  // Disks on their way to another pool of this host (src/vm/storage-moves.ts).
  `
  CREATE TABLE storage_moves (
    vm TEXT NOT NULL,
    disk TEXT NOT NULL,
    pool TEXT NOT NULL,
    target_pool TEXT NOT NULL,
    node TEXT,
    phase TEXT NOT NULL CHECK (phase IN ('copying', 'pivoting')),
    PRIMARY KEY (vm, disk)
  ) STRICT;
  `,
  // People in the console: their sessions, and the one-time links that become one (src/api/console-sessions.ts).
  `
  CREATE TABLE console_sessions (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('link', 'session')),
    hash TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    token TEXT,
    expires_at INTEGER NOT NULL
  ) STRICT;
  `,
  // Disks that a move did not finish to copy here and that are kept for another (src/storage/partial-disks.ts).
  `
  CREATE TABLE partial_disks (
    migration TEXT NOT NULL,
    vm TEXT NOT NULL,
    vm_name TEXT NOT NULL,
    source TEXT NOT NULL,
    disk TEXT NOT NULL,
    pool TEXT NOT NULL,
    file TEXT NOT NULL,
    kept_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (migration, disk)
  ) STRICT;
  `,
  // Shares that the agent mounts for a pool, as JSON (src/storage/share.ts); passwords are elsewhere.
  `
  ALTER TABLE pools ADD COLUMN share TEXT;
  `,
  // Being in a cluster (src/cluster/local-state.ts): which one, and which VMs may run only while the lease is held.
  `
  CREATE TABLE cluster (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    value TEXT NOT NULL
  ) STRICT;
  CREATE TABLE cluster_vms (
    vm TEXT PRIMARY KEY,
    incarnation INTEGER NOT NULL
  ) STRICT;
  `,
  // VMs that become the cluster's once a move has brought them (src/cluster/entering.ts), with their policy as JSON.
  `
  CREATE TABLE cluster_entering (
    vm TEXT PRIMARY KEY,
    policy TEXT NOT NULL
  ) STRICT;
  -- VMs that were paused because a volume was away (src/cluster/volume-loss.ts).
  CREATE TABLE volume_pauses (
    vm TEXT PRIMARY KEY,
    pool TEXT NOT NULL
  ) STRICT;
  `,
];
