import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { pino } from "pino";
import { createAuthority } from "./authority.ts";
import { createRequest, issueCertificate } from "./certificate.ts";
import { createKey } from "./key.ts";
import { certificateLifeMs, renewalRetryMs, renewalSleepMsMax } from "./limits.ts";
import { Renewal, renewalDue, renewalSleepMs } from "./renewal.ts";

const day = 86_400_000;
const log = pino({ level: "silent" });

async function certificateOf(now: number): Promise<string> {
  const authority = await createAuthority({ id: randomUUID(), name: "lab" }, now);
  const request = await createRequest(createKey(), "host-a");
  const subject = { host: randomUUID(), name: "host-a", address: "host-a" };
  return await issueCertificate(authority, subject, request, now);
}

test("a certificate is due when two thirds of its life are over", async () => {
  const now = Date.UTC(2030, 0, 1);
  const due = renewalDue(await certificateOf(now));
  assert.ok(Math.abs(due - (now + (certificateLifeMs * 2) / 3)) < day);
});

test("renewalSleepMs waits until it is due, never too long, and for a while after a failure", () => {
  assert.equal(renewalSleepMs(5000, undefined, 2000), 3000);
  assert.equal(renewalSleepMs(5000, undefined, 9000), 0);
  assert.equal(renewalSleepMs(100 * day, undefined, 0), renewalSleepMsMax);
  assert.equal(renewalSleepMs(5000, 9000, 9000), renewalRetryMs);
});

test("renewIfDue renews what is due, once, and leaves the rest alone", async () => {
  const begin = Date.UTC(2030, 0, 1);
  let certificate = await certificateOf(begin);
  let now = begin + 59 * day;
  let renewals = 0;
  const renew = async () => {
    renewals += 1;
    certificate = await certificateOf(now);
  };
  using renewal = new Renewal({ log, now: () => now, certificate: () => certificate, renew });
  await renewal.renewIfDue();
  assert.equal(renewals, 0);
  now = begin + 61 * day;
  await renewal.renewIfDue();
  await renewal.renewIfDue();
  assert.equal(renewals, 1);
});

test("a renewal that fails leaves the certificate in use", async () => {
  const begin = Date.UTC(2030, 0, 1);
  const certificate = await certificateOf(begin);
  const renew = () => Promise.reject(new Error("the issuer is off"));
  const now = () => begin + 61 * day;
  using renewal = new Renewal({ log, now, certificate: () => certificate, renew });
  await renewal.renewIfDue();
  assert.ok(renewalDue(certificate) < now());
});
