/**
 * A management controller for a lab's host, as the boards of servers have one: OpenIPMI's simulator speaks IPMI 2.0 over the network, and what it
 * switches is real: with the power everything in the host's network namespace is gone.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";
import type { LabHost } from "../../lab/lab-host.ts";
import { end, inNamespace } from "../../lab/namespaces.ts";
import { clientAddress, clientName, namespaceOf } from "../../lab/topology.ts";

export class IpmiController implements AsyncDisposable {
  static readonly user = "ferry";
  static readonly password = "only-a-lab";
  /** As fence_ipmilan's manual page names them. */
  readonly options: readonly string[];
  readonly #simulator: ChildProcess;

  private constructor(simulator: ChildProcess, port: number) {
    this.#simulator = simulator;
    const options = { ip: clientAddress, ipport: port, username: IpmiController.user, lanplus: 1 };
    this.options = Object.entries(options).flatMap(([name, value]) => [
      "--option",
      `${name}=${value}`,
    ]);
  }

  static async start(lab: Lab, host: LabHost, port: number): Promise<IpmiController> {
    const own = join(lab.directory, `${host.name}-ipmi`);
    const chassis = join(own, "chassis");
    const config = join(own, "lan.conf");
    const board = join(own, "board");
    await mkdir(join(own, "state"), { recursive: true });
    await writeFile(chassis, power(host.namespace));
    await chmod(chassis, 0o755);
    await writeFile(config, settings(chassis, port));
    await writeFile(
      board,
      "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\nmc_enable 0x20\n",
    );
    const command = ["ipmi_sim", "-n", "-c", config, "-f", board, "-s", join(own, "state")];
    const [program, args] = inNamespace(namespaceOf(lab.name, clientName), command);
    return new IpmiController(spawn(program, args, { stdio: "ignore" }), port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode } = this.#simulator;
    if (pid === undefined || exitCode !== null) return;
    const ended = once(this.#simulator, "exit");
    end(pid, "SIGTERM");
    await ended;
  }
}

function settings(chassis: string, port: number): string {
  const levels = ["callback", "user", "operator", "admin"];
  return [
    'name "lab"',
    "set_working_mc 0x20",
    "startlan 1",
    `addr ${clientAddress} ${port}`,
    "priv_limit admin",
    ...levels.map((level) => `allowed_auths_${level} none md2 md5 straight`),
    "guid a123456789abcdefa123456789abcdef",
    "endlan",
    `chassis_control "${chassis} 0x20"`,
    `user 2 true "${IpmiController.user}" "${IpmiController.password}" admin 10 none md2 md5 straight`,
    "",
  ].join("\n");
}

/** Called by the simulator: `chassis MC get power`, `chassis MC set power 0`. */
function power(namespace: string): string {
  return `#!/bin/sh
shift
if [ "$1" = get ]; then
  [ -n "$(ip netns pids ${namespace})" ] && echo power:1 || echo power:0
elif [ "$1 $2 $3" = "set power 0" ]; then
  while pids=$(ip netns pids ${namespace}) && [ -n "$pids" ]; do
    kill -9 $pids 2>/dev/null
    sleep 0.1
  done
fi
`;
}
