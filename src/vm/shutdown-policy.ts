/** What becomes of a VM when its host is shut down: a setting of the host, and of a VM that shall be treated otherwise. Pure. */
import Type from "typebox";

/**
 * `move`: it goes to another host; where it can't, it is shut down. `shutdown`: the guest is asked to shut down; when it does not in
 * time it loses its power. `power-off`: it loses it at once.
 */
export const shutdownPolicies = ["move", "shutdown", "power-off"] as const;
export type ShutdownPolicy = (typeof shutdownPolicies)[number];

export const ShutdownPolicySchema = Type.Unsafe<ShutdownPolicy>(
  Type.String({ enum: [...shutdownPolicies] }),
);
