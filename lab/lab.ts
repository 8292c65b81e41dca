/**
 * A lab: hosts with an agent each, the wires between them, and a client outside; all on one machine. For tests, the
 * demo, the benchmark, and through `npm run lab` for people.
 *
 *     await using lab = await Lab.up({ name: "t1", hosts: 2 });
 *     await lab.host("host-a").ferry(["vm", "list", "--json"]);
 *     await lab.wire("host-b.lan").cut();
 */
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OutsideClient } from "./client/outside-client.ts";
import { delayWire } from "./delayed-wire.ts";
import { type GuestKind, guestImage } from "./guest-image/build.ts";
import { LabHost, type LabSettings } from "./lab-host.ts";
import { listNamespaces, removeNamespace } from "./namespaces.ts";
import { buildNetwork, setWireSpeed } from "./network.ts";
import { soundQemu } from "./qemu.ts";
import { labDirectory, type LabPlan, namespaceOf, planLab } from "./topology.ts";
import { Wire } from "./wire.ts";

export interface LabOptions {
  /** Default `ferry`, the one of `npm run lab`. */
  readonly name?: string;
  /** Default 2. */
  readonly hosts?: number;
  /** Of every host's wires, such as `1gbit`; absent: as fast as the machine is. */
  readonly speed?: string | undefined;
  /** Networks beside the guests', for moves only. Default 0. */
  readonly migrationNetworks?: number;
  /** Default true. False: only the namespaces, wires and directories. */
  readonly agents?: boolean;
  /** Default true: the hosts form one domain, with pools and the switch `lan`. */
  readonly domain?: boolean;
  /** Default `whole`. */
  readonly guest?: GuestKind;
  /** Merged into every agent's configuration, by section. */
  readonly settings?: LabSettings;
  /** Told what is being done. */
  readonly say?: (line: string) => void;
}

export class Lab implements AsyncDisposable {
  readonly hosts: readonly LabHost[];
  readonly wires: readonly Wire[];
  readonly client: OutsideClient;
  readonly #plan: LabPlan;

  private constructor(plan: LabPlan) {
    this.#plan = plan;
    this.hosts = plan.hosts.map((host) => new LabHost(plan.name, host));
    this.wires = plan.wires.map((wire) => new Wire(plan.name, wire));
    this.client = new OutsideClient(namespaceOf(plan.name, "client"));
  }

  /** Builds a lab; what a former run of that name left behind goes first. What fails leaves nothing. */
  static async up(options: LabOptions = {}): Promise<Lab> {
    const { name = "ferry", say = () => undefined } = options;
    const plan = planLab(name, options.hosts ?? 2, options.migrationNetworks ?? 0);
    const image = await guestImage(say, options.guest);
    await Lab.down(name);
    const lab = new Lab(plan);
    try {
      await mkdir(join(lab.directory, "vms"), { recursive: true });
      await buildNetwork(plan);
      if (options.speed !== undefined) await lab.#setSpeed(options.speed);
      await copyFile(image.kernel, join(lab.directory, "vms/vmlinuz"));
      await copyFile(image.initrd, join(lab.directory, "vms/initrd.img"));
      const qemu = await soundQemu(join(lab.directory, "qemu"), say);
      for (const host of lab.hosts) await host.prepare(options.settings, qemu);
      if (options.agents !== false) await lab.start(options.domain !== false, say);
      // Its presence says that the lab is whole.
      const { hosts, migrationNetworks } = { hosts: 2, migrationNetworks: 0, ...options };
      await writeFile(lab.#file, JSON.stringify({ name, hosts, migrationNetworks }));
    } catch (error) {
      await Lab.down(name);
      throw error;
    }
    return lab;
  }

  /** The lab of that name if it is up and whole. */
  static async attach(name: string): Promise<Lab | undefined> {
    const file = join(labDirectory(name), "lab.json");
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) return undefined;
    const { hosts, migrationNetworks } = JSON.parse(text) as Record<string, number>;
    const plan = planLab(name, hosts ?? 0, migrationNetworks ?? 0);
    // After a reboot the files are still there and the namespaces are not.
    const namespaces = await listNamespaces(namespaceOf(name, ""));
    const wanted = ["switch", "client", ...plan.hosts.map((host) => host.name)];
    return wanted.every((node) => namespaces.includes(namespaceOf(name, node)))
      ? new Lab(plan)
      : undefined;
  }

  /** Ends everything that runs in the lab of that name and removes it, also what a killed run left half-made. */
  static async down(name: string): Promise<void> {
    const leftovers = await listNamespaces(namespaceOf(planLab(name, 1, 0).name, ""));
    // Agents first: one that lives would take the end of its VMs for a crash.
    const hosts = leftovers.filter((namespace) => namespace.includes("-host-"));
    await Promise.all(hosts.map(removeNamespace));
    for (const other of leftovers) if (!hosts.includes(other)) await removeNamespace(other);
    await rm(labDirectory(name), { recursive: true, force: true });
  }

  /** Starts the agents that do not run and makes the hosts one domain. */
  async start(domain = true, say: (line: string) => void = () => undefined): Promise<void> {
    await Promise.all(
      this.hosts.map(async (host) => {
        say(`Starting the agent of ${host.name}`);
        await host.agent.start();
      }),
    );
    if (domain) await this.#formDomain();
  }

  host(name: string): LabHost {
    return this.#find(this.hosts, name, "host");
  }

  /** @param name Such as `host-a.lan`. */
  wire(name: string): Wire {
    return this.#find(this.wires, name, "wire");
  }

  /** The wire hands on everything so many milliseconds later, each way, for as long as the lab is there. */
  async delayWire(name: string, milliseconds: number): Promise<void> {
    const { name: lab, wires } = this.#plan;
    const wire = this.#find(wires, name, "wire");
    const neighbours = wires.filter(({ network }) => network === wire.network);
    await delayWire(lab, wire, neighbours, milliseconds);
  }

  get name(): string {
    return this.#plan.name;
  }

  get migrationNetworks(): number {
    return this.#plan.networks.length - 1;
  }

  get directory(): string {
    return labDirectory(this.#plan.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Lab.down(this.#plan.name);
  }

  async #formDomain(): Promise<void> {
    const [first, ...others] = this.hosts;
    if (first === undefined) return;
    if ((await first.api("GET /v1/domain")).domain === null) {
      await first.api("POST /v1/domain", { body: { name: this.#plan.name } });
    }
    for (const host of others) {
      if ((await host.api("GET /v1/domain")).domain !== null) continue;
      const { token } = await first.api("POST /v1/domain/join-tokens", { body: {} });
      await host.api("POST /v1/domain/join", { body: { token } });
    }
    for (const host of this.hosts) await host.furnish();
  }

  async #setSpeed(rate: string): Promise<void> {
    for (const wire of this.#plan.wires) {
      if (wire.node !== "client") await setWireSpeed(this.#plan.name, wire, rate);
    }
  }

  get #file(): string {
    return join(this.directory, "lab.json");
  }

  #find<T extends { readonly name: string }>(list: readonly T[], name: string, what: string): T {
    const found = list.find((candidate) => candidate.name === name);
    if (found !== undefined) return found;
    const names = list.map((candidate) => candidate.name).join(", ");
    throw new RangeError(`Cannot find ${what} "${name}" in lab "${this.name}": it has ${names}`);
  }
}
