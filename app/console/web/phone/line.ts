/** The telephone line between a person and Twilio, frame by frame: what they say and hear, and what spoils it. */

import { encode } from "./mulaw";
import { Playout } from "./playout";
import { FRAME, FRAME_MS } from "./rates";

const SPEECH_RMS = 32_768 * 10 ** (-22 / 20); // a caller of ordinary loudness
const ECHO_DELAY_MS = 120; // there and back over a telephone network

/** What spoils the line; null is nothing. `noiseDb`: noise lies so far below speech. `echoDb`: the assistant's sound
 * comes back so much weaker. `loss`: the share of the caller's frames that never arrives. */
export interface Weather {
  noiseDb: number | null;
  echoDb: number | null;
  loss: number;
}

export const FAIR: Weather = { noiseDb: null, echoDb: null, loss: 0 };

/** One frame both ways. `codes` is what the caller's side sends in µ-law, null for a frame that got lost. */
export interface Tick {
  codes: Uint8Array | null;
  spoken: Int16Array;
  heard: Int16Array;
  marks: string[];
}

export class Line {
  readonly playout = new Playout();
  weather = FAIR;
  muted = false;
  private saying = new Int16Array(0);
  private readonly returning: Int16Array[] = [];
  private readonly noise = new Noise();

  constructor(private readonly random: () => number = Math.random) {}

  get speaking(): boolean {
    return this.saying.length > 0;
  }

  /** A sentence for the caller's side that nobody speaks into a microphone; it goes before what one hears. */
  say(samples: Int16Array): void {
    const whole = new Int16Array(this.saying.length + samples.length);
    whole.set(this.saying);
    whole.set(samples, this.saying.length);
    this.saying = whole;
  }

  tick(microphone: Int16Array): Tick {
    const heard = new Int16Array(FRAME);
    const marks = this.playout.pull(heard);
    const spoken = this.spoilt(this.spoken(microphone));
    this.returning.push(heard);
    if (this.returning.length > ECHO_DELAY_MS / FRAME_MS) this.returning.shift();
    const lost = this.weather.loss > 0 && this.random() < this.weather.loss;
    return { codes: lost ? null : encode(spoken), spoken, heard, marks };
  }

  private spoken(microphone: Int16Array): Int16Array {
    if (!this.speaking) return this.muted ? new Int16Array(FRAME) : microphone;
    const frame = new Int16Array(FRAME);
    frame.set(this.saying.subarray(0, FRAME));
    this.saying = this.saying.slice(FRAME);
    return frame;
  }

  private spoilt(frame: Int16Array): Int16Array {
    const { noiseDb, echoDb } = this.weather;
    if (noiseDb === null && echoDb === null) return frame;
    const noise = noiseDb === null ? 0 : SPEECH_RMS * 10 ** (-noiseDb / 20);
    const echo = echoDb === null ? 0 : 10 ** (-echoDb / 20);
    const back = this.returning.length < ECHO_DELAY_MS / FRAME_MS ? undefined : this.returning[0];
    return Int16Array.from(frame, (sample, at) => {
      return saturated(sample + echo * (back?.[at] ?? 0) + (noise ? noise * this.noise.next(this.random) : 0));
    });
  }
}

/** Pink noise of rms 1, as a line has it: white noise through one pole and its rest. */
class Noise {
  private low = 0;

  next(random: () => number): number {
    const white = Math.sqrt(12) * (random() - 0.5);
    this.low += 0.15 * (white - this.low);
    return 2.84 * this.low + 0.3 * white;
  }
}

export function saturated(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value)));
}
