/** What a disk's file is called while it is kept half copied. Pure. */

/** Names in pools are no longer (src/vm/definition.ts). */
const fileNameMax = 127;
const pattern = /^(.+)\.partial-[0-9a-f]{8}$/;

/** `root.qcow2` becomes `root.qcow2.partial-1f2e3d4c`, by the id of the move that left it. */
export function partialFileName(file: string, migration: string): string {
  const suffix = `.partial-${migration.slice(0, 8)}`;
  return `${file.slice(0, fileNameMax - suffix.length)}${suffix}`;
}

/** Whether `name` is what `file` is called while it is kept. */
export function isPartialOf(name: string, file: string): boolean {
  const kept = pattern.exec(name)?.[1];
  return kept !== undefined && name === partialFileName(file, name.slice(-8));
}
