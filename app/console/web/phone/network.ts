/** A slow network: what is sent arrives later, unevenly, and in order. */

/** Every message takes `delayMs`, and up to `jitterMs` more. */
export interface Pace {
  delayMs: number;
  jitterMs: number;
}

export const FAST: Pace = { delayMs: 0, jitterMs: 0 };

export class Network<T> {
  pace = FAST;
  private readonly waiting: { at: number; message: T }[] = [];
  private last = 0;

  constructor(private readonly random: () => number = Math.random) {}

  /** Times are in ms of any one clock. */
  send(message: T, now: number): void {
    const { delayMs, jitterMs } = this.pace;
    this.last = Math.max(this.last, now + delayMs + jitterMs * this.random());
    this.waiting.push({ at: delayMs || this.waiting.length ? this.last : now, message });
  }

  /** What has arrived by now. */
  due(now: number): T[] {
    const count = this.waiting.findIndex((one) => one.at > now);
    return this.waiting.splice(0, count < 0 ? this.waiting.length : count).map((one) => one.message);
  }
}
