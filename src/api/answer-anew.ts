/**
 * What a host of the domain asks again and again is sent again only when it has changed: whoever lists all VMs of two hundred hosts hears of most of them that
 * nothing did. Only between hosts: browsers and programs would need to be told what else may be kept.
 */
import { hash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

export function answerAnew(request: FastifyRequest, reply: FastifyReply, answer: unknown): unknown {
  const isAsked = request.method === "GET" && request.caller?.kind === "host";
  if (!isAsked || typeof answer !== "string" || reply.statusCode !== 200) return answer;
  if (reply.hasHeader("etag")) return answer; // a settings' generation, which is another question's
  const tag = tagOf(answer);
  reply.header("etag", tag);
  if (request.headers["if-none-match"] !== tag) return answer;
  reply.code(304);
  return null;
}

export function tagOf(answer: string): string {
  return `"${hash("sha256", answer, "base64url")}"`;
}
