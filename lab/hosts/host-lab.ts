/**
 * Whole Debian hosts on the lab's wires: what needs a kernel of its own (KVM, SMB, RDMA, systemd, watchdogs, delay and
 * loss) runs there. The lab's namespaces hold a machine each instead of an agent.
 */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Lab } from "../lab.ts";
import type { Wire } from "../wire.ts";
import { type BaseImage, baseImage } from "./base-image.ts";
import { HostMachine } from "./host-machine.ts";

const run = promisify(execFile);

export interface HostLabOptions {
  readonly name?: string;
  readonly hosts?: number;
  readonly say?: (line: string) => void;
}

export class HostLab implements AsyncDisposable {
  readonly lab: Lab;
  readonly hosts: readonly HostMachine[];

  private constructor(lab: Lab, image: BaseImage) {
    this.lab = lab;
    this.hosts = lab.hosts.map(({ name }, index) => {
      const plan = { lab: lab.name, name, directory: lab.directory };
      const address = `10.77.0.${21 + index}`;
      return new HostMachine({ ...plan, address, mac: `52:54:00:77:00:${21 + index}` }, image);
    });
  }

  /** Starts the hosts on fresh overlays, side by side; resolves when all can be logged in to. */
  static async up({
    name = "hosts",
    hosts = 2,
    say = () => undefined,
  }: HostLabOptions = {}): Promise<HostLab> {
    const image = await baseImage(say);
    const lab = await Lab.up({ name, hosts, agents: false, say });
    try {
      const made = new HostLab(lab, image);
      for (const host of made.hosts) {
        await mkdir(join(lab.directory, host.name), { recursive: true });
        await host.makeDisk();
      }
      say(`Starting ${hosts} hosts`);
      await Promise.all(made.hosts.map((host) => host.start()));
      return made;
    } catch (error) {
      await Lab.down(name);
      throw error;
    }
  }

  /** The host lab of that name if it is up. */
  static async attach(name: string): Promise<HostLab | undefined> {
    const lab = await Lab.attach(name);
    return lab === undefined ? undefined : new HostLab(lab, await baseImage(() => undefined));
  }

  host(name: string): HostMachine {
    const found = this.hosts.find((host) => host.name === name);
    if (found !== undefined) return found;
    throw new RangeError(
      `Cannot find host "${name}": there are ${this.hosts.map((host) => host.name).join(", ")}`,
    );
  }

  wire(host: string): Wire {
    return this.lab.wire(`${host}.lan`);
  }

  /**
   * Delay and loss of what a host sends, by its own kernel (netem): the machine around it may have none.
   * @param milliseconds One way. @param lossPercent Of packets.
   */
  async impair(host: string, milliseconds: number, lossPercent: number): Promise<void> {
    const none = milliseconds === 0 && lossPercent === 0;
    const netem = `netem delay ${milliseconds}ms loss ${lossPercent}% limit 20000`;
    const command = none
      ? "tc qdisc delete dev eth0 root || true"
      : `tc qdisc replace dev eth0 root ${netem}`;
    await this.host(host).must(command);
  }

  /** Gives the hosts' root the package and installs it. */
  async install(file: string): Promise<void> {
    await Promise.all(
      this.hosts.map(async (host) => {
        await host.put(file, "/root/ferry.deb");
        await host.must(
          "DEBIAN_FRONTEND=noninteractive apt-get install -y -q /root/ferry.deb </dev/null",
        );
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Lab.down(this.lab.name);
  }
}

/** The newest package that `npm run package` made, built now if there is none of the committed tree. */
export async function ferryPackage(say: (line: string) => void): Promise<string> {
  say("Building the package of the committed tree");
  const { stdout } = await run("npm", ["run", "--silent", "package"], {
    maxBuffer: 1 << 24,
    timeout: 600_000,
  });
  const file = /^(\S+\.deb),/m.exec(stdout)?.[1];
  if (file === undefined)
    throw new Error(`Cannot find the package in what "npm run package" said:\n${stdout}`);
  return file;
}
