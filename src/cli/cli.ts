/** What every command is given: the options that all of them have, the agent to talk to, and a place for the result. */
import type { ApiClient } from "../api/client.ts";
import type { CallArguments, CallRequest, Routes } from "../api/routes-table.ts";
import type { ConnectionOptions } from "./connection.ts";
import { Output, type Streams } from "./output.ts";

export interface GlobalOptions extends ConnectionOptions {
  readonly json?: boolean;
  /** Name of the host that the command is for; absent: the one of the agent at hand. */
  readonly host?: string;
}

export interface CliParts {
  /** The options as parsed; asked when first needed, since commands are defined before anything is parsed. */
  readonly options: () => GlobalOptions;
  readonly streams: Streams;
  readonly environment: NodeJS.ProcessEnv;
}

export class Cli implements Disposable {
  /** What the process exits with when nothing is thrown: a command may have bad news that is no error. */
  exitCode = 0;
  readonly #parts: CliParts;
  #output: Output | undefined;
  #client: ApiClient | undefined;

  constructor(parts: CliParts) {
    this.#parts = parts;
  }

  get host(): string | undefined {
    return this.#parts.options().host;
  }

  get output(): Output {
    const { options, streams, environment } = this.#parts;
    this.#output ??= new Output(options().json === true, streams, environment);
    return this.#output;
  }

  /** The client, loaded with the first use: help and completion of words need neither it nor what TLS takes. */
  async connect(): Promise<ApiClient> {
    const { options, environment } = this.#parts;
    const [{ ApiClient }, { chooseEndpoint }] = await Promise.all([
      import("../api/client.ts"),
      import("./connection.ts"),
    ]);
    this.#client ??= new ApiClient(chooseEndpoint(options(), environment));
    return this.#client;
  }

  /** Calls a route for the host that --host names. */
  async call<Route extends keyof Routes>(
    route: Route,
    ...[request]: CallArguments<Route>
  ): Promise<Routes[Route]["answer"]> {
    const client = await this.connect();
    const forHost = { host: this.host, ...request } as CallRequest<Route>;
    return await client.call(route, ...([forHost] as CallArguments<Route>));
  }

  [Symbol.dispose](): void {
    this.#client?.[Symbol.dispose]();
  }
}
