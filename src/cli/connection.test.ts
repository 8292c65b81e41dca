import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { chooseEndpoint } from "./connection.ts";

/** A self-signed authority, made with openssl; valid until 2126. */
const pem = `-----BEGIN CERTIFICATE-----
MIIBijCCAS+gAwIBAgIUD3M2m8x1yk0tolYn/fJ+bjpj49QwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMTIzMDQ1MjQzWhgPMjEy
NjEwMzAwNDUyNDNaMBkxFzAVBgNVBAMMDlRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAERyWmiE53/F99iWqju/mPzIKQmhYwHjSeMqLZS4PN
+Gcyq6oZ1n+58TXMOG/kE8AMkYsupMNJk+8+A42EYvCPL6NTMFEwHQYDVR0OBBYE
FAjdfmuhYWZuDpQa4ND5SDFELS9LMB8GA1UdIwQYMBaAFAjdfmuhYWZuDpQa4ND5
SDFELS9LMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAPbH/lNt
xlpQmGW5WJUUPJTw39G8bIAJOwXCMC+JljVCAiEAibzSakTymreshU5BiMaqY6ZB
kHB56SveaH2voSiXrKQ=
-----END CERTIFICATE-----
`;

async function configHome(files: Record<string, string>) {
  const home = await mkdtemp(join(tmpdir(), "ferry-config-"));
  await mkdir(join(home, "ferry"));
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(home, "ferry", name), text, { mode: 0o600 });
  }
  return {
    environment: { XDG_CONFIG_HOME: home },
    path: (name: string) => join(home, "ferry", name),
    [Symbol.asyncDispose]: () => rm(home, { recursive: true }),
  };
}

test("the local socket is the default; FERRY_SOCKET and then --socket outweigh it", () => {
  const environment = { FERRY_SOCKET: "/env.sock", FERRY_SERVER: "" };
  assert.deepEqual(chooseEndpoint({}, {}), { kind: "socket", path: "/run/ferry/ferryd.sock" });
  assert.deepEqual(chooseEndpoint({}, environment), { kind: "socket", path: "/env.sock" });
  assert.deepEqual(
    chooseEndpoint({ socket: "/option.sock" }, { ...environment, FERRY_SERVER: "host-a" }),
    { kind: "socket", path: "/option.sock" },
  );
});

test("a server takes the saved certificate and token, and port 6600 unless it names one", async () => {
  await using home = await configHome({ "ca.pem": pem, token: "secret\n" });
  const urlOf = (server: string) => {
    const endpoint = chooseEndpoint({ server }, home.environment);
    assert.equal(endpoint.kind, "tls");
    assert.deepEqual([endpoint.ca, endpoint.token], [pem, "secret"]);
    return endpoint.url.href;
  };
  assert.equal(urlOf("host-a"), "https://host-a:6600/");
  assert.equal(urlOf("https://host-a:7000"), "https://host-a:7000/");
  assert.equal(urlOf("https://host-a:443"), "https://host-a/");
  assert.equal(urlOf("[fd00::1]"), "https://[fd00::1]:6600/");
});

test("FERRY_TOKEN outweighs the saved token", async () => {
  await using home = await configHome({ "ca.pem": pem, token: "saved" });
  const environment = { ...home.environment, FERRY_TOKEN: "given" };
  const endpoint = chooseEndpoint({ server: "host-a" }, environment);
  assert.equal(endpoint.kind === "tls" && endpoint.token, "given");
});

test("a token file that others can read is refused", async () => {
  await using home = await configHome({ "ca.pem": pem, token: "secret" });
  await chmod(home.path("token"), 0o640);
  assert.throws(() => chooseEndpoint({ server: "host-a" }, home.environment), {
    code: "bad-input",
    remedy: /chmod 600/,
  });
});

test("without certificate or token the error says how to get one", async () => {
  await using empty = await configHome({});
  assert.throws(() => chooseEndpoint({ server: "host-a" }, empty.environment), {
    code: "bad-input",
    remedy: /ferry domain certificate/,
  });
  await using notPem = await configHome({ "ca.pem": JSON.stringify({ certificate: pem }) });
  assert.throws(() => chooseEndpoint({ server: "host-a" }, notPem.environment), {
    code: "bad-input",
  });
  await using noToken = await configHome({ "ca.pem": pem });
  assert.throws(() => chooseEndpoint({ server: "host-a" }, noToken.environment), {
    code: "unauthenticated",
    remedy: /ferry token create/,
  });
});

test("an address that is none, is not https, or carries a password is refused", () => {
  for (const server of ["http://a", "https://", "https://a/path", "https://u:p@a", "a b"]) {
    assert.throws(() => chooseEndpoint({ server }, {}), { code: "bad-input" });
  }
  assert.throws(() => chooseEndpoint({ server: "a", socket: "/s" }, {}), { code: "bad-input" });
});
