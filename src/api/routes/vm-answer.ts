/** A VM as the API shows it. */
import type { VmRecord } from "../../vm/vm-host.ts";
import type { Vm } from "../schema/vm.ts";

/** @param host name of the host that answers for it. */
export function vmAnswer(record: VmRecord, host: string): Vm {
  const { definition, ...rest } = record;
  const { id, name } = definition;
  return { id, name, host, ...rest, definition };
}
