import assert from "node:assert/strict";
import { test } from "node:test";
import { rarpFrame } from "./rarp.ts";
import { tapName } from "./tap.ts";

test("the frame is a broadcast reverse ARP request from the address, as RFC 903 has it", () => {
  const expected = [
    "ffffffffffff", // to everybody
    "525400a1b2c3", // from the guest
    "8035", // reverse ARP
    "0001 0800 06 04 0003", // Ethernet, IPv4, request reverse
    "525400a1b2c3 00000000",
    "525400a1b2c3 00000000",
    "00".repeat(18), // up to the shortest frame
  ];
  assert.equal(
    rarpFrame("52:54:00:a1:b2:c3").toString("hex"),
    expected.join("").replaceAll(" ", ""),
  );
});

test("a tap's name fits the kernel, and differs by agent, VM and NIC", () => {
  const names = [
    tapName("/run/ferry", "v1", 0),
    tapName("/run/ferry", "v1", 1),
    tapName("/run/ferry", "v2", 0),
    tapName("/run/other", "v1", 0),
  ];
  assert.equal(new Set(names).size, names.length);
  for (const name of names) assert.match(name, /^[a-z0-9]{1,15}$/);
});
