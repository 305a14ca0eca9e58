/** Twilio's side of the playout: what waits to be heard, marks, clear, and a little sound held back against jitter. */

import { FRAME_MS, RATE } from "./rates";

const LIMIT = 10 * 60 * RATE; // beyond ten minutes sound is thrown away: https://www.twilio.com/docs/api/errors/31931

/** Sound and marks in the order received; positions are samples since the stream began. */
export class Playout {
  private chunks: Int16Array[] = [];
  private waiting = 0;
  private received = 0;
  private played = 0;
  private marks: { at: number; name: string }[] = [];
  private flowing = false; // else it waits until there is enough to begin with
  private heldFrames = 0;

  constructor(private readonly prefillMs = 60) {}

  get waitingMs(): number {
    return (this.waiting * 1000) / RATE;
  }

  /** How many samples were thrown away, because too many wait. */
  add(samples: Int16Array): number {
    const kept = samples.subarray(0, Math.max(0, LIMIT - this.waiting));
    if (kept.length) this.chunks.push(kept);
    this.waiting += kept.length;
    this.received += kept.length;
    return samples.length - kept.length;
  }

  /** Back at once where nothing waits that it would have to wait for, else by `pull`.
   * https://www.twilio.com/docs/voice/media-streams/websocket-messages */
  mark(name: string): string[] {
    if (!this.waiting && !this.marks.length) return [name];
    this.marks.push({ at: this.received, name });
    return [];
  }

  /** Throw away what waits; every pending mark comes back, heard or not. */
  clear(): string[] {
    const names = this.marks.map((mark) => mark.name);
    this.chunks = [];
    this.marks = [];
    this.waiting = 0;
    this.played = this.received;
    this.flowing = false;
    this.heldFrames = 0;
    return names;
  }

  /** The next frame into `frame`, silence where nothing waits; the marks that all before it has reached. */
  pull(frame: Int16Array): string[] {
    const reached = this.reached();
    frame.fill(0);
    if (this.ready()) this.take(frame);
    return reached;
  }

  private reached(): string[] {
    const count = this.marks.findIndex((mark) => mark.at > this.played);
    return this.marks.splice(0, count < 0 ? this.marks.length : count).map((mark) => mark.name);
  }

  private ready(): boolean {
    if (!this.waiting) {
      this.flowing = false;
      this.heldFrames = 0;
    } else if (!this.flowing) {
      this.flowing = this.waitingMs >= this.prefillMs || this.heldFrames++ * FRAME_MS >= this.prefillMs;
    }
    return this.flowing;
  }

  private take(frame: Int16Array): void {
    let filled = 0;
    while (filled < frame.length && this.chunks.length) {
      const first = this.chunks[0]!;
      const part = first.subarray(0, frame.length - filled);
      frame.set(part, filled);
      filled += part.length;
      if (part.length === first.length) this.chunks.shift();
      else this.chunks[0] = first.subarray(part.length);
    }
    this.waiting -= filled;
    this.played += filled;
  }
}

