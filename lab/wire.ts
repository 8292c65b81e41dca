/** One wire of a lab, to be cut, mended and slowed. */
import { setWireSpeed, setWireUp, type WireState, wireState } from "./network.ts";
import type { WirePlan } from "./topology.ts";

export class Wire {
  readonly name: string;
  readonly #lab: string;
  readonly #plan: WirePlan;

  constructor(lab: string, plan: WirePlan) {
    this.name = plan.name;
    this.#lab = lab;
    this.#plan = plan;
  }

  /** The node's, without prefix length. */
  get address(): string {
    return this.#plan.address.split("/")[0] ?? "";
  }

  async cut(): Promise<void> {
    await setWireUp(this.#lab, this.#plan, false);
  }

  async restore(): Promise<void> {
    await setWireUp(this.#lab, this.#plan, true);
  }

  /** @param rate Such as `100mbit`; null: as fast as the machine is. */
  async setSpeed(rate: string | null): Promise<void> {
    await setWireSpeed(this.#lab, this.#plan, rate);
  }

  async state(): Promise<WireState> {
    return await wireState(this.#lab, this.#plan);
  }
}
