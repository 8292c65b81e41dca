/**
 * Which protocol two agents speak. Each offers what it knows, the target picks; the current version and the one
 * before it are accepted, so that hosts can be upgraded one after the other.
 *
 * A version covers the frames, the control messages and the order of stages. It does not cover QEMU's stream, whose
 * compatibility is the machine type's.
 */

/**
 * 1: the first. 2: memory may cross page by page. 3: agents say which version they speak, and read past what they don't
 * know; disks may cross in batches; post-copy.
 */
export const currentVersion = 3;

/** With every question and answer between agents. */
export const versionHeader = "ferry-protocol";

/** What an agent speaks that does not say it: the versions before the header. */
export const unsaidVersion = 2;

export const knownVersions: readonly number[] = [currentVersion, currentVersion - 1];

/** What the header says; anything else than a number is as good as no word. */
export function saidVersion(header: string | string[] | undefined): number {
  return typeof header === "string" && /^[1-9][0-9]{0,4}$/.test(header)
    ? Number(header)
    : unsaidVersion;
}

/** The highest version that both know, or undefined where there is none. */
export function agreeVersion(
  offered: readonly number[],
  known: readonly number[] = knownVersions,
): number | undefined {
  const common = known.filter((version) => offered.includes(version));
  return common.length === 0 ? undefined : Math.max(...common);
}
