/** Which VMs a search finds. */
import type { Vm } from "../../../src/api/schema/vm.ts";
import { vmStateText } from "../parts/vm-state.tsx";

/** Every word has to be in the name, the host, a tag or the state. */
export function vmSearch(search: string): (vm: Vm) => boolean {
  const words = search.toLowerCase().split(/\s+/);
  return (vm) => {
    const text = textOf.get(vm) ?? written(vm);
    return words.every((word) => text.includes(word));
  };
}

/** What there is to find of each: a row is made anew when something of it changes, and read for every letter until then. */
const textOf = new WeakMap<Vm, string>();

function written(vm: Vm): string {
  const text = [vm.name, vm.host, vmStateText(vm), ...vm.definition.tags].join(" ").toLowerCase();
  textOf.set(vm, text);
  return text;
}
