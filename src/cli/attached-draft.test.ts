import assert from "node:assert/strict";
import { test } from "node:test";
import { FerryError } from "../base/errors.ts";
import { attachedDraft } from "./attached-draft.ts";

const bad = (error: unknown): boolean =>
  error instanceof FerryError && error.code === "bad-input" && error.remedy !== undefined;

test("without such options the draft says nothing of it", () => {
  assert.deepEqual(attachedDraft({}), {});
});

test("an iSCSI LUN has iSCSI's port unless another is given, IPv6 in brackets", () => {
  const portal = (text: string) => {
    const [lun] = attachedDraft({ iscsi: [`${text},target=iqn.x,lun=7`] }).luns ?? [];
    return lun?.source.kind === "iscsi" ? lun.source.portal : "";
  };
  assert.equal(portal("10.0.0.5"), "10.0.0.5:3260");
  assert.equal(portal("10.0.0.5:3261"), "10.0.0.5:3261");
  assert.equal(portal("[fd00::5]"), "[fd00::5]:3260");
  assert.equal(portal("[fd00::5]:99"), "[fd00::5]:99");
  assert.equal(portal("nas.example.org"), "nas.example.org:3260");
});

test("each option becomes what it says, and a Fibre Channel LUN brings its adapter", () => {
  assert.deepEqual(
    attachedDraft({
      iscsi: ["10.0.0.5,target=iqn.x,secret=array,name=data,bus=scsi,read-only=on"],
      fibreChannel: ["100000051E0A0B0C,target=500507680140A1B2,lun=3"],
      physicalDisk: ["/dev/disk/by-id/x"],
      hostDevice: ["usb:1050:0407", "pci:0000:01:00.0"],
      sharedFolder: ["vms/exchange", "vms/other,name=tag,read-only=on"],
    }),
    {
      luns: [
        {
          ...{ name: "data", bus: "scsi", readOnly: true },
          source: {
            ...{ kind: "iscsi", portal: "10.0.0.5:3260", target: "iqn.x", lun: 0, secret: "array" },
          },
        },
        {
          source: {
            ...{ kind: "fibre-channel", adapter: "fc0", target: "500507680140a1b2", lun: 3 },
          },
        },
        { source: { kind: "physical", device: "/dev/disk/by-id/x" } },
      ],
      fibreChannel: [{ name: "fc0", fabric: "100000051e0a0b0c" }],
      hostDevices: [
        { name: "device0", kind: "usb", vendor: "1050", product: "0407" },
        { name: "device1", kind: "pci", address: "0000:01:00.0" },
      ],
      sharedFolders: [
        { name: "exchange", pool: "vms", directory: "exchange", readOnly: false },
        { name: "tag", pool: "vms", directory: "other", readOnly: true },
      ],
    },
  );
});

test("what can't be understood is refused with the form it takes", () => {
  assert.throws(() => attachedDraft({ hostDevice: ["gpu"] }), bad);
  assert.throws(() => attachedDraft({ iscsi: ["10.0.0.5,iqn=x"] }), bad);
  assert.throws(() => attachedDraft({ iscsi: ["10.0.0.5,target=iqn.x,lun=-1"] }), bad);
  assert.throws(() => attachedDraft({ sharedFolder: ["exchange"] }), bad);
});
