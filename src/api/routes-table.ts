/**
 * What each route takes and answers, as types for the client; nothing of it exists at run time. The routes themselves
 * and their checks are in src/api/routes/, and a test holds this table against openapi.json.
 */
import type { MigrationRecord } from "../migration/record.ts";
import type { CheckList, CheckReport, CheckRequest } from "./schema/check.ts";
import type {
  BalanceAnswer,
  ClusterAnswer,
  ClusterBackup,
  ClusterCreate,
  ClusterForget,
  ClusterJoin,
  ClusterRestored,
  ClusterSettings,
  ClusterVm,
  ProposedMove,
  VmPolicy,
} from "./schema/cluster.ts";
import type {
  ClusterDisk,
  ClusterDiskList,
  FenceList,
  FenceSet,
  FenceTest,
  VolumeList,
  VolumeSet,
} from "./schema/cluster-parts.ts";
import type { Baseline, BaselineQuery, HostCpu, VmCpu } from "./schema/cpu.ts";
import type {
  DomainAnswer,
  DomainCertificate,
  DomainCreate,
  DomainJoin,
  JoinToken,
  JoinTokenCreate,
  TrustedDomain,
  TrustList,
} from "./schema/domain.ts";
import type {
  DrainBegin,
  DrainEnd,
  DrainEndAnswer,
  DrainPlanAnswer,
  DrainPlanRequest,
  DrainStatus,
} from "./schema/drain.ts";
import type {
  HostShutdownBegin,
  HostShutdownPlan,
  HostShutdownPlanRequest,
  HostShutdownStatus,
} from "./schema/host-shutdown.ts";
import type { EventList, EventListQuery } from "./schema/event.ts";
import type { FaultCreate, FaultList } from "./schema/fault.ts";
import type { Host, HostList } from "./schema/host.ts";
import type {
  MigrationCreate,
  MigrationList,
  MigrationListQuery,
  MigrationPlace,
  MigrationResolve,
  MigrationStepIn,
} from "./schema/migration.ts";
import type { PartialDiskList, PartialDiskListQuery } from "./schema/partial-disk.ts";
import type { Pool, PoolCreate, PoolFileList, PoolList } from "./schema/pool.ts";
import type { Secret, SecretList, SecretSet } from "./schema/secret.ts";
import type { Session, SessionCreate, SessionLink, SessionLinkCreate } from "./schema/session.ts";
import type { HostSettingsAnswer, HostSettingsDocument } from "./schema/settings.ts";
import type { SwitchCreate, SwitchList, VirtualSwitch } from "./schema/switch.ts";
import type { CreatedToken, TokenCreate, TokenList } from "./schema/token.ts";
import type {
  Vm,
  VmAction,
  VmCreate,
  VmDeleteQuery,
  VmDocument,
  VmList,
  VmListQuery,
  VmMoveStorage,
  VmShutdown,
  VmUpgrade,
} from "./schema/vm.ts";

export interface Routes {
  "POST /v1/session": { body: SessionCreate; answer: Session };
  "GET /v1/session": { answer: Session };
  "DELETE /v1/session": { answer: undefined };
  "POST /v1/session/links": { body: SessionLinkCreate; answer: SessionLink };

  "GET /v1/events/past": { query: EventListQuery; answer: EventList };

  "GET /v1/host": { answer: Host };
  "GET /v1/hosts": { answer: HostList };
  "GET /v1/host/cpu": { answer: HostCpu };
  "GET /v1/hosts/baseline": { query: BaselineQuery; answer: Baseline };
  "DELETE /v1/hosts/{host}": { answer: undefined };

  "GET /v1/host/settings": { answer: HostSettingsAnswer };
  "PUT /v1/host/settings": { body: HostSettingsDocument; answer: HostSettingsAnswer };
  "POST /v1/host/drain/plan": { body: DrainPlanRequest; answer: DrainPlanAnswer };
  "GET /v1/host/drain": { answer: DrainStatus };
  "POST /v1/host/drain": { body: DrainBegin; answer: DrainStatus };
  "GET /v1/host/shutdown": { answer: HostShutdownStatus };
  "POST /v1/host/shutdown/plan": { body: HostShutdownPlanRequest; answer: HostShutdownPlan };
  "POST /v1/host/shutdown": { body: HostShutdownBegin; answer: HostShutdownStatus };
  "POST /v1/host/resume": { body: DrainEnd; answer: DrainEndAnswer };

  "GET /v1/domain": { answer: DomainAnswer };
  "POST /v1/domain": { body: DomainCreate; answer: DomainAnswer };
  "POST /v1/domain/join": { body: DomainJoin; answer: DomainAnswer };
  "POST /v1/domain/join-tokens": { body: JoinTokenCreate; answer: JoinToken };
  "GET /v1/domain/certificate": { answer: DomainCertificate };
  "GET /v1/domain/trusts": { answer: TrustList };
  "POST /v1/domain/trusts": { body: DomainCertificate; answer: TrustedDomain };
  "DELETE /v1/domain/trusts/{id}": { answer: undefined };

  "GET /v1/cluster": { answer: ClusterAnswer };
  "POST /v1/cluster": { body: ClusterCreate; answer: ClusterAnswer };
  "POST /v1/cluster/join": { body: ClusterJoin; answer: ClusterAnswer };
  "POST /v1/cluster/leave": { answer: undefined };
  "POST /v1/cluster/forget": { body: ClusterForget; answer: ClusterAnswer };
  "POST /v1/cluster/replace-member": { body: ClusterForget; answer: ClusterAnswer };
  "PUT /v1/cluster/settings": { body: ClusterSettings; answer: ClusterAnswer };
  "GET /v1/cluster/balance": { answer: BalanceAnswer };
  "GET /v1/cluster/backup": { answer: ClusterBackup };
  "POST /v1/cluster/restore": { body: ClusterBackup; answer: ClusterRestored };
  "GET /v1/cluster/fences": { answer: FenceList };
  "PUT /v1/cluster/fences/{host}": { body: FenceSet; answer: undefined };
  "POST /v1/cluster/fences/{host}/test": { answer: FenceTest };
  "DELETE /v1/cluster/fences/{host}": { answer: undefined };
  "POST /v1/cluster/confirm-dead": { body: ClusterForget; answer: ClusterAnswer };
  "GET /v1/cluster/volumes": { answer: VolumeList };
  "PUT /v1/cluster/volumes/{pool}": { body: VolumeSet; answer: VolumeList };
  "DELETE /v1/cluster/volumes/{pool}": { answer: undefined };
  "GET /v1/cluster/disks": { answer: ClusterDiskList };
  "POST /v1/cluster/disks": { body: ClusterDisk; answer: ClusterDiskList };
  "POST /v1/cluster/disks/remove": { body: ClusterDisk; answer: ClusterDiskList };
  "GET /v1/vms/{vm}/best-host": { answer: ProposedMove };
  "PUT /v1/vms/{vm}/cluster": { body: VmPolicy; answer: ClusterVm };
  "DELETE /v1/vms/{vm}/cluster": { answer: undefined };

  "GET /v1/partial-disks": { query: PartialDiskListQuery; answer: PartialDiskList };
  "DELETE /v1/partial-disks/{migration}": { answer: undefined };

  "GET /v1/pools": { answer: PoolList };
  "POST /v1/pools": { body: PoolCreate; answer: Pool };
  "DELETE /v1/pools/{pool}": { answer: undefined };
  "GET /v1/pools/{pool}/files": { answer: PoolFileList };

  "GET /v1/switches": { answer: SwitchList };
  "POST /v1/switches": { body: SwitchCreate; answer: VirtualSwitch };
  "DELETE /v1/switches/{switch}": { answer: undefined };

  "GET /v1/secrets": { answer: SecretList };
  "PUT /v1/secrets/{secret}": { body: SecretSet; answer: Secret };
  "DELETE /v1/secrets/{secret}": { answer: undefined };

  "POST /v1/faults": { body: FaultCreate; answer: unknown };
  "GET /v1/faults": { answer: FaultList };
  "DELETE /v1/faults": { answer: unknown };

  "GET /v1/tokens": { answer: TokenList };
  "POST /v1/tokens": { body: TokenCreate; answer: CreatedToken };
  "DELETE /v1/tokens/{id}": { answer: undefined };

  "GET /v1/vms": { query: VmListQuery; answer: VmList };
  "POST /v1/vms": { body: VmCreate; answer: Vm };
  "GET /v1/vms/{vm}": { answer: Vm };
  "GET /v1/vms/{vm}/cpu": { answer: VmCpu };
  "PUT /v1/vms/{vm}": { body: VmDocument; answer: Vm };
  "DELETE /v1/vms/{vm}": { query: VmDeleteQuery; answer: undefined };
  "POST /v1/vms/{vm}/start": { answer: Vm };
  "POST /v1/vms/{vm}/shutdown": { body: VmShutdown; answer: Vm };
  "POST /v1/vms/{vm}/power-off": { answer: Vm };
  "POST /v1/vms/{vm}/pause": { answer: Vm };
  "POST /v1/vms/{vm}/resume": { answer: Vm };
  "POST /v1/vms/{vm}/restart": { answer: Vm };
  "POST /v1/vms/{vm}/upgrade": { body: VmUpgrade; answer: Vm };
  "POST /v1/vms/{vm}/move-storage": { body: VmMoveStorage; answer: Vm };
  "POST /v1/vms/{vm}/move-storage/cancel": { answer: Vm };

  "GET /v1/checks": { answer: CheckList };
  "POST /v1/checks": { body: CheckRequest; answer: CheckReport };
  "GET /v1/migrations": { query: MigrationListQuery; answer: MigrationList };
  "POST /v1/migrations": { body: MigrationCreate; answer: MigrationRecord };
  "GET /v1/migrations/{id}": { answer: MigrationRecord };
  "POST /v1/migrations/{id}/place": { body: MigrationPlace; answer: MigrationRecord };
  "POST /v1/migrations/{id}/step-in": { body: MigrationStepIn; answer: MigrationRecord };
  "POST /v1/migrations/{id}/cancel": { answer: MigrationRecord };
  "POST /v1/migrations/{id}/resolve": { body: MigrationResolve; answer: MigrationRecord };
}

/** Fails to compile when an action of a VM has no route here. */
export type VmActionRoute = `POST /v1/vms/{vm}/${VmAction}` & keyof Routes;

type ParamNames<Route> = Route extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never;

export interface CallOptions {
  /** Name of the host to ask; absent: the agent at hand, which finds a VM or migration in the domain by itself. */
  readonly host?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The generation that a change was made from, for routes that want it: sent as `If-Match`. */
  readonly generation?: number | undefined;
  /** Default: what src/api/timeouts.ts says of the route. */
  readonly timeoutMs?: number | undefined;
}

export type CallRequest<Route extends keyof Routes> = CallOptions &
  ([ParamNames<Route>] extends [never]
    ? { readonly params?: never }
    : { readonly params: Readonly<Record<ParamNames<Route>, string>> }) &
  (Routes[Route] extends { body: infer Body }
    ? { readonly body: Body }
    : { readonly body?: never }) &
  (Routes[Route] extends { query: infer Query }
    ? { readonly query?: Query }
    : { readonly query?: never });

/** The arguments after the route: nothing has to follow where a request may be empty. */
export type CallArguments<Route extends keyof Routes> =
  Partial<CallRequest<Route>> extends CallRequest<Route>
    ? [request?: CallRequest<Route>]
    : [request: CallRequest<Route>];
