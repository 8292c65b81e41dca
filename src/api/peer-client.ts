/** Asks other hosts' agents, with this host's certificate, and talks only to the very host that was meant (peer-connections.ts). */
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Readable } from "node:stream";
import type { Static, TSchema } from "typebox";
import Value from "typebox/value";
import { compiled } from "../base/compiled.ts";
import { FerryError } from "../base/errors.ts";
import { asKnownTo } from "../protocol/since.ts";
import { currentVersion, saidVersion, unsaidVersion, versionHeader } from "../protocol/version.ts";
import type { Trust } from "../trust/trust.ts";
import { readAnswer } from "./answer.ts";
import type { Upgraded } from "./join-raw.ts";
import { namingWho, noUpgrade, tooLate, unreachable, unreachableRemedy } from "./peer-errors.ts";
import { PeerConnections } from "./peer-connections.ts";
import type { PeerAddress } from "./peer-directory.ts";

/** To connect: a host's kernel does it in milliseconds, however starved its agent is; the handshake has the answer's time. */
const connectTimeoutMs = 5_000;
/** For an answer, unless the question says that it may take longer. */
export const peerAnswerTimeoutMs = 10_000;
/** HTTP's word for it. */
const unchanged = 304;

export interface PeerQuestion {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Instead of a body: bytes as they come. */
  readonly stream?: Readable;
  /** The body's schema: an older agent gets the body as it knows it. Without it the body goes as it is. */
  readonly form?: TSchema;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface AnswerAnew<Answer> {
  /** Null: what the caller has is still the answer. An older host says no tag: null. */
  readonly changed: { readonly answer: Answer; readonly tag: string | null } | null;
  /** The host can keep a question until its answer changes. */
  readonly hasWaited: boolean;
}

export class PeerClient implements Disposable {
  readonly #connections: PeerConnections;
  /** The protocol version that each host last said it speaks, by its id. */
  readonly #versions = new Map<string, number>();

  constructor(trust: Trust) {
    this.#connections = new PeerConnections(trust);
  }

  /**
   * The answer's JSON, checked against its schema.
   * @throws FerryError what the peer answered; `unreachable`, `timeout`, `peer-refused`, `peer-protocol`.
   */
  async ask<T extends TSchema>(
    peer: PeerAddress,
    answer: T,
    question: PeerQuestion,
  ): Promise<Static<T>> {
    const body = await this.#asKnown(peer, question);
    const response = await this.open(peer, { ...question, body });
    return await this.#read(peer, answer, question, response);
  }

  /**
   * As `ask`, for what seldom changes.
   * @param known tag of the answer that the caller has; null without one.
   * @param waitSeconds the host may keep the question until its answer is another one, or for so long. An older host answers at once.
   * @throws as `ask`.
   */
  async askAnew<T extends TSchema>(
    peer: PeerAddress,
    answer: T,
    question: PeerQuestion,
    known: string | null,
    waitSeconds?: number,
  ): Promise<AnswerAnew<Static<T>>> {
    const headers = {
      ...question.headers,
      ...(known !== null && { "if-none-match": known }),
      ...(waitSeconds !== undefined && { prefer: `wait=${waitSeconds}` }),
    };
    const response = await this.open(peer, { ...question, headers });
    const hasWaited = response.headers["preference-applied"] !== undefined;
    if (response.statusCode === unchanged) {
      response.resume();
      return { changed: null, hasWaited };
    }
    const told = await this.#read(peer, answer, question, response);
    return { changed: { answer: told, tag: response.headers.etag ?? null }, hasWaited };
  }

  async #read<T extends TSchema>(
    peer: PeerAddress,
    answer: T,
    question: PeerQuestion,
    response: IncomingMessage,
  ): Promise<Static<T>> {
    const received = await readAnswer(response).catch((error: unknown) => {
      throw namingWho(peer, error);
    });
    const form = compiled(answer);
    if (form.Check(received)) return received;
    // An older host lacks what has a default, a newer one says more than this one reads.
    const read = Value.Clean(answer, Value.Default(answer, received));
    if (form.Check(read)) return read;
    throw new FerryError("peer-protocol", `Cannot understand the answer of host "${peer.name}"`, {
      remedy: "Install the same Ferry version on both hosts",
      details: { question: `${question.method} ${question.path}` },
    });
  }

  async #asKnown(peer: PeerAddress, { form, body, signal }: PeerQuestion): Promise<unknown> {
    if (form === undefined || body === undefined) return body;
    if (!this.#versions.has(peer.id)) {
      const question = { method: "GET", path: "/health", ...(signal && { signal }) };
      await readAnswer(await this.open(peer, question));
    }
    const version = this.#versions.get(peer.id) ?? unsaidVersion;
    return version < currentVersion ? asKnownTo(version, form, body) : body;
  }

  /** The answer's head; its body is the caller's to read. @throws as `ask`, but for what the peer answered. */
  open(peer: PeerAddress, question: PeerQuestion): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const timeoutMs = question.timeoutMs ?? peerAnswerTimeoutMs;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = question.signal ? AbortSignal.any([question.signal, deadline]) : deadline;
    const body =
      question.body === undefined ? undefined : Buffer.from(JSON.stringify(question.body));
    const request = httpsRequest({
      agent: this.#connections.to(peer),
      host: peer.address,
      port: peer.port,
      method: question.method,
      path: question.path,
      headers: {
        ...(question.stream && { "content-type": "application/octet-stream" }),
        ...(body && { "content-type": "application/json", "content-length": body.length }),
        ...question.headers,
        [versionHeader]: String(currentVersion),
      },
      signal,
    });
    request.on("socket", (socket) => {
      if (!socket.connecting) return;
      const timer = setTimeout(() => {
        socket.destroy(
          new FerryError(
            "unreachable",
            `Cannot reach host "${peer.name}": no answer from ${peer.address} port ${peer.port}`,
            unreachableRemedy,
          ),
        );
      }, connectTimeoutMs);
      socket.once("connect", () => clearTimeout(timer));
      socket.once("close", () => clearTimeout(timer));
    });
    request.on("error", (cause) => {
      if (question.signal?.aborted) reject(question.signal.reason as Error);
      else if (deadline.aborted) reject(tooLate(peer, timeoutMs));
      else reject(cause instanceof FerryError ? cause : unreachable(peer, cause));
    });
    request.on("response", (response) => {
      this.#versions.set(peer.id, saidVersion(response.headers[versionHeader]));
      resolve(response);
    });
    if (question.stream === undefined) request.end(body);
    else question.stream.pipe(request);
    return promise;
  }

  /**
   * A connection that leaves HTTP, for a websocket. A pool's connections are never used for it.
   * @throws as `ask`: what the peer answered instead of agreeing, too.
   */
  upgrade(peer: PeerAddress, question: PeerQuestion): Promise<Upgraded> {
    const { promise, resolve, reject } = Promise.withResolvers<Upgraded>();
    const request = httpsRequest({
      agent: this.#connections.to(peer),
      host: peer.address,
      port: peer.port,
      method: question.method,
      path: question.path,
      headers: question.headers,
    });
    // N.B. no signal: it would end the connection after the upgrade as well.
    const timer = setTimeout(
      () => request.destroy(tooLate(peer, peerAnswerTimeoutMs)),
      peerAnswerTimeoutMs,
    );
    request.once("close", () => clearTimeout(timer));
    request.on("upgrade", (answer, socket, head) => {
      clearTimeout(timer);
      resolve({ answer, socket, head });
    });
    request.on("response", (answer) => {
      readAnswer(answer).then(() => reject(noUpgrade(peer)), reject);
    });
    request.on("error", (cause) => {
      reject(cause instanceof FerryError ? cause : unreachable(peer, cause));
    });
    request.end();
    return promise;
  }

  [Symbol.dispose](): void {
    this.#connections[Symbol.dispose]();
  }
}
