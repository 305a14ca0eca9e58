/** What the caller's ear measures: how long answers take, and how fast the assistant falls silent when interrupted. */

import { FRAME_MS, LOUD_RMS } from "./rates";

const SPEECH_RMS = 330; // about -40 dBFS: a microphone's room is quieter, a caller louder
const PAUSE_MS = 240; // pauses between words do not end a sound
const LEAST_SPEECH_MS = 120; // shorter: a click

/** One thing measured, in ms. `first`: from the start of the call to the first sound; `answer`: from the end of the
 * caller's speech to the first sound after it; `bargeIn`: from the caller's onset in the assistant's speech to silence. */
export interface Measured {
  kind: "first" | "answer" | "bargeIn";
  ms: number;
}

export class Meter {
  private now = 0;
  private spokeSince: number | null = null;
  private spokeUntil = -Infinity;
  private loudUntil = -Infinity;
  private heardAnything = false;
  private askedAt: number | null = null;
  private bargedAt: number | null = null;

  /** Levels (rms) of one frame of the caller and of the assistant. */
  frame(spoken: number, heard: number): Measured[] {
    const found = [...this.listen(heard), ...this.follow(spoken)];
    this.now += FRAME_MS;
    return found;
  }

  /** What waited to be heard was thrown away. */
  cleared(): Measured[] {
    this.loudUntil = Math.min(this.loudUntil, this.now);
    return this.silenced(this.now);
  }

  private listen(level: number): Measured[] {
    const found: Measured[] = [];
    if (level > LOUD_RMS) {
      if (!this.heardAnything) found.push({ kind: "first", ms: this.now });
      else if (this.askedAt !== null && !this.sounding) found.push({ kind: "answer", ms: this.now - this.askedAt });
      this.heardAnything = true;
      if (!this.sounding) this.askedAt = null;
      this.loudUntil = this.now + FRAME_MS;
      return found;
    }
    return this.now - this.loudUntil >= PAUSE_MS ? this.silenced(this.loudUntil) : found;
  }

  private follow(level: number): Measured[] {
    if (level > SPEECH_RMS) {
      this.spokeSince ??= this.now;
      this.spokeUntil = this.now + FRAME_MS;
      this.askedAt = null;
      const long = this.spokeUntil - this.spokeSince >= LEAST_SPEECH_MS;
      if (long && this.sounding && this.bargedAt === null) this.bargedAt = this.spokeSince;
    } else if (this.spokeSince !== null && this.now - this.spokeUntil >= PAUSE_MS) {
      if (this.spokeUntil - this.spokeSince >= LEAST_SPEECH_MS && !this.sounding) this.askedAt = this.spokeUntil;
      this.spokeSince = null;
    }
    return [];
  }

  private get sounding(): boolean {
    return this.now - this.loudUntil < PAUSE_MS;
  }

  private silenced(at: number): Measured[] {
    if (this.bargedAt === null) return [];
    const ms = Math.max(0, at - this.bargedAt);
    this.bargedAt = null;
    return [{ kind: "bargeIn", ms }];
  }
}

export function median(values: number[]): number | null {
  if (!values.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}
