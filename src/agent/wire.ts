/** Puts the agent together, from the leaves up. What is made here is closed in the reverse order. */
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { askMembers } from "../api/domain-questions.ts";
import { ConsoleSessions } from "../api/console-sessions.ts";
import { DomainFeed } from "../api/domain-feed.ts";
import { FrontDoor } from "../api/front-door.ts";
import { GuestSockets } from "../api/guest-sockets.ts";
import { Listener } from "../api/listener.ts";
import { PeerClient } from "../api/peer-client.ts";
import { HttpPeerLink } from "../api/peer-link.ts";
import { findPeer } from "../api/peer-directory.ts";
import { PeerSessions } from "../api/peer-sessions.ts";
import { PeerRenewAnswer } from "../api/schema/peer.ts";
import { probeLink } from "../api/probe-link.ts";
import { VmList } from "../api/schema/vm.ts";
import { createServer } from "../api/server.ts";
import type { Services } from "../api/services.ts";
import { Tokens } from "../api/tokens.ts";
import { wallClockMs } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { EventLog } from "../database/event-log.ts";
import { failoverPoints } from "../cluster/failover-points.ts";
import { faultPoints, nameOf } from "../migration/fault-points.ts";
import { Faults } from "../migration/faults.ts";
import { HttpSlotLink } from "../api/slot-link.ts";
import { ClusterSlots } from "../cluster/move-slots.ts";
import { Migrations } from "../migration/migrations.ts";
import type { MigrationRecord } from "../migration/record.ts";
import { Switches } from "../network/switches.ts";
import { ownPastMoves } from "../precheck/past-moves.ts";
import type { ElsewhereVm } from "../precheck/check.ts";
import { Precheck } from "../precheck/precheck.ts";
import type { HostShutdown } from "../scheduler/host-shutdown.ts";
import { SettingsStore } from "../scheduler/settings-store.ts";
import { SpareWorkers } from "../session/spare-workers.ts";
import { qemuUser } from "../qemu/user.ts";
import { Pools } from "../storage/pools.ts";
import { ShareMounts } from "../storage/share-mounts.ts";
import { Secrets } from "../storage/secrets.ts";
import { Renewal } from "../trust/renewal.ts";
import { Trust } from "../trust/trust.ts";
import { LocalVms } from "../vm/local-vms.ts";
import { SerialLogs } from "../vm/serial-logs.ts";
import {
  announceHost,
  announceTrust,
  announceVms,
  migrationAnnouncer,
} from "./announce-changes.ts";
import type { AgentConfig } from "./config.ts";
import { freeMemory } from "./free-memory.ts";
import { domainFact, readMachine, readMachineFacts } from "./machine.ts";
import { Metrics } from "./metrics.ts";
import { moveAddresses, rdmaMoveAddresses } from "./move-addresses.ts";
import { giveBackIdleMemory } from "./idle-memory.ts";
import { retainMoves } from "./move-retention.ts";
import { PartialExpiry } from "./partial-expiry.ts";
import { RosterExchange } from "./roster-exchange.ts";
import { socketGroupId } from "./socket-group.ts";
import { closedNow, hostLimits, wireScheduling } from "./scheduling.ts";
import { ferryVersion } from "../base/ferry-version.ts";
import { clusterFact, ownRoom, wireCluster } from "./wire-cluster.ts";

/** For predictions. */
const movesRemembered = 50;

export interface Agent extends AsyncDisposable {
  readonly socketPath: string;
}

/** Resolves when the VMs are adopted, open migrations are being settled, and the API is open. */
export async function wireAgent(
  config: AgentConfig,
  database: DatabaseSync,
  log: Log,
): Promise<Agent> {
  await using parts = new AsyncDisposableStack();
  const host = config.name;
  const version = ferryVersion();
  // Whole milliseconds: certificates, tokens and the API know no others.
  const now = () => Math.floor(wallClockMs());

  // Whom this host is and believes, and how it asks others.
  const directory = join(config.paths.state, "trust");
  const trust = new Trust({ directory, database, log, now });
  const peers = parts.use(new PeerClient(trust));
  const settings = new SettingsStore(database);
  const workers = parts.use(new SpareWorkers());
  const link = new HttpPeerLink(
    trust,
    peers,
    log,
    workers,
    () => settings.current.settings.migrationNetworks,
  );
  const events = parts.use(new EventLog(database, now));
  parts.defer(announceTrust(trust, events));

  // The VMs, and what they stand on.
  const shares = new ShareMounts({
    ...config.paths,
    owner: () => qemuUser(config.qemu.user, "tcg"), // the user's own group: files of shares are no devices
  });
  const pools = new Pools(database, shares);
  const switches = new Switches(database);
  const secrets = new Secrets(config.paths.state);
  const identity = () => ({ host, domain: trust.membership?.domain.id ?? null });
  const serialLogs = parts.use(new SerialLogs());
  const faults = new Faults(config.faultInjection, [
    ...faultPoints().map(nameOf),
    ...failoverPoints,
  ]);
  // The VMs are there before the cluster that has a word in whether they run.
  const later: { cluster?: Cluster; migrations?: Migrations; hostShutdown?: HostShutdown } = {};
  const vms = parts.use(
    await LocalVms.open({
      ...{ database, log, paths: config.paths, qemu: config.qemu, pools, switches, identity },
      onProcess: (...process) => serialLogs.follow(...process),
      permission: async (vm) => later.cluster?.permission(vm),
      sharedDisks: () => later.cluster?.disks ?? [],
      poolsAway: () => later.cluster?.poolsAway ?? new Set(),
    }),
  );
  parts.defer(announceVms(vms, events, host));
  const metrics = new Metrics(vms, trust);
  const cluster: Cluster = parts.use(
    wireCluster({
      ...{ config, database, log, now, trust, peers, vms, pools, events, faults },
      room: async () => await room(),
      isMoving: (id) => later.migrations?.find(id)?.endedAt === null,
      mayStart: () => later.hostShutdown?.state === null,
    }),
  );
  later.cluster = cluster;
  const room = () => ownRoom({ vms, pools, switches, database, away: cluster.poolsAway });

  // Moves.
  const announce = migrationAnnouncer(events, now);
  const publish = (record: MigrationRecord): void => {
    announce(record);
    metrics.migrationChanged(record);
  };
  const rdmaAddresses = () => rdmaMoveAddresses(settings.current.settings, config.paths.sysfs);
  const migrations = parts.use(
    new Migrations({
      ...{
        database,
        log,
        host,
        vms,
        switches,
        serialLogs,
        peers: link,
        owners: cluster.owners,
        rdmaAddresses,
        faults,
        limits: hostLimits(settings, now),
        publish,
      },
    }),
  );
  later.migrations = migrations;
  const advertise = config.api.advertise ?? host;
  const precheck = new Precheck({
    ...{ host, vms, pools, switches, secrets },
    paths: config.paths,
    others: () => vmsElsewhere(trust, peers),
    machine: async () => ({
      ...(await readMachineFacts(vms.qemu, version, config.paths.sysfs)),
      rdmaAddresses: await rdmaAddresses(),
      memoryAvailableBytes: await freeMemory(vms),
      ...domainFact(trust),
      ...clusterFact(cluster),
      closed: closedNow(database, settings),
      defaultDiskPool: settings.current.settings.defaultDiskPool,
      moveAddresses: [...moveAddresses(advertise, settings.current.settings)],
      migrationNetworks: settings.current.settings.migrationNetworks,
      performanceOption: settings.current.settings.performanceOption,
      convergencePolicy: settings.current.settings.convergencePolicy,
      pastMoves: ownPastMoves(migrations.list({ state: "completed", limit: movesRemembered })),
    }),
    askTarget: (target, request) => link.facts(target, request),
    prediction: {
      moves: () => migrations.list({ state: "completed", limit: movesRemembered }),
      limits: () => hostLimits(settings, now),
      probeLink: (target, addresses) => probeLink(peers, findPeer(trust, target), addresses),
    },
  });
  // A share that hangs must not keep the agent from starting.
  const mounted = pools.mountAll().then((away) => {
    for (const { pool, error } of away) log.warn({ pool, err: error }, "a share is not mounted");
  });
  void mounted.then(() => precheck.sweep());
  const addresses = () => moveAddresses(advertise, settings.current.settings);
  const { portFirst, portLast } = config.session;
  const sessions = parts.use(
    new PeerSessions({
      ...{ log, trust, workers, migrations: () => migrations, addresses },
      listen: { address: config.api.address, portFirst, portLast },
    }),
  );

  const { scheduler, slots, drain, hostShutdown } = wireScheduling({
    ...{ database, log, host, now, trust, peers, vms, migrations, precheck, events, settings },
    cluster,
    slotLink: new ClusterSlots(new HttpSlotLink(trust, peers), () => cluster.membership),
  });
  later.hostShutdown = hostShutdown;
  parts.use(scheduler);
  parts.use(hostShutdown);
  parts.defer(announceHost(settings, events, host));
  metrics.followMoves({
    migrations,
    queueLength: () => scheduler.queueLength,
    slotsInUse: (direction) => (direction === "incoming" ? slots : scheduler).inUse(),
    slotLimits: () => settings.current.settings,
  });

  // The doors.
  const socketPath = join(config.paths.run, "ferryd.sock");
  const listener = new Listener({
    ...{ log, trust, name: host },
    socket: { path: socketPath, groupId: await socketGroupId(config.api.socketGroup) },
    tls: { address: config.api.address, port: config.api.port, advertise },
  });
  const tokens = new Tokens(database, now);
  const services: Services = {
    self: { name: host, version, startedAt: now() },
    ...{
      now,
      trust,
      peers,
      vms,
      pools,
      switches,
      secrets,
      migrations,
      precheck,
      settings,
      scheduler,
    },
    ...{ slots, drain, hostShutdown, cluster, sessions, events, faults, serialLogs, tokens },
    freeMemory: () => freeMemory(vms),
    clusterRoom: room,
    consoleSessions: new ConsoleSessions(database, tokens, now),
    domainFeed: parts.use(new DomainFeed({ trust, peers, events, log, now, host })),
    machine: () => readMachine(vms.qemu),
    metrics: () => metrics.read(),
    door: listener,
  };
  const app = await createServer(services, log);
  // Before recovery asks whose the VMs are, and lets any run.
  cluster.start();
  await migrations.recover();
  parts.use(listener);
  const guestSockets = parts.use(new GuestSockets(services, log));
  // N.B. closed before the listener, which waits for the event streams that this ends.
  parts.defer(() => app.close());
  await listener.start(new FrontDoor(app, guestSockets));
  scheduler.start();
  void mounted.then(() => hostShutdown.takeUp());
  parts.use(new PartialExpiry({ log, now, pools, migrations })).start();
  parts.use(retainMoves({ log, now, database }));
  parts.use(giveBackIdleMemory(vms));

  // What goes on by itself.
  const exchange = parts.use(new RosterExchange(trust, peers, log));
  const renewal = parts.use(
    new Renewal({
      ...{ log, now, certificate: () => trust.membership?.certificate },
      renew: () => trust.renew((request) => askIssuer(trust, peers, request)),
    }),
  );
  parts.defer(trust.onChange(() => renewal.schedule()));
  renewal.schedule();
  exchange.start();

  const close = parts.move();
  return { socketPath, [Symbol.asyncDispose]: () => close.disposeAsync() };
}

/** The VMs of the domain's other hosts; those of hosts that do not answer are not known. */
async function vmsElsewhere(trust: Trust, peers: PeerClient): Promise<ElsewhereVm[]> {
  const { answers } = await askMembers({ trust, peers }, VmList, "/v1/vms");
  return answers.flatMap(({ peer, answer }) =>
    answer.vms.map(({ definition }) => ({ host: peer.name, definition })),
  );
}

function askIssuer(trust: Trust, peers: PeerClient, certificateRequest: string) {
  const issuer = findPeer(trust, trust.roster.issuer);
  const body = { certificateRequest };
  return peers.ask(issuer, PeerRenewAnswer, { method: "POST", path: "/v1/peer/renew", body });
}
