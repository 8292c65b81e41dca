/** What all labs are made of: fetched and built once, before several of them want it at the same time. */
import { packedAgent } from "../packaging/packed-programs.ts";
import { guestImage } from "./guest-image/build.ts";
import { unpackSoundQemu } from "./qemu.ts";

export async function prepareLabs(say: (line: string) => void): Promise<void> {
  await guestImage(say);
  await guestImage(say, "small");
  await unpackSoundQemu(say);
  await packedAgent();
}
