/** Streaming conversion between a sound card's rate and the telephone's: a sinc under a Kaiser window, at any two rates. */

const CUTOFF_HZ = 3_800;
const HALF_WIDTH_S = 0.0035;
const KAISER_BETA = 7.86; // 80 dB down where images and aliases would be

/** What is left over of one block is used in the next: the output is the same however the sound is cut. */
export class Resampler {
  private readonly up: number;
  private readonly down: number;
  private readonly half: number; // input samples on either side of an output
  private readonly taps: Float32Array[]; // by phase
  private held: Float32Array;
  private next = 0; // the next output, in steps of 1/up input samples from the first that is held

  constructor(inRate: number, outRate: number) {
    const common = divisor(inRate, outRate);
    this.up = outRate / common;
    this.down = inRate / common;
    this.half = Math.ceil(HALF_WIDTH_S * inRate);
    this.taps = Array.from({ length: this.up }, (_, phase) => tapsAt(phase / this.up, this.half, inRate));
    this.held = new Float32Array(2 * this.half);
  }

  process(samples: Float32Array): Float32Array {
    const sound = joined(this.held, samples);
    const reach = 2 * this.half;
    const count = Math.max(0, Math.ceil(((sound.length - reach) * this.up - this.next) / this.down));
    const out = new Float32Array(count);
    for (let index = 0; index < count; index++, this.next += this.down) {
      out[index] = this.at(sound, Math.floor(this.next / this.up), this.next % this.up);
    }
    const used = Math.min(Math.floor(this.next / this.up), sound.length - reach);
    this.held = sound.slice(used);
    this.next -= used * this.up;
    return out;
  }

  private at(sound: Float32Array, start: number, phase: number): number {
    const taps = this.taps[phase]!;
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap++) sum += taps[tap]! * sound[start + tap]!;
    return sum;
  }
}

/** The low-pass for an output `offset` of a sample after input number half - 1, sums to one. */
function tapsAt(offset: number, half: number, inRate: number): Float32Array {
  const shape = Array.from({ length: 2 * half }, (_, tap) => windowed(tap - (half - 1) - offset, half, inRate));
  const sum = shape.reduce((total, one) => total + one, 0);
  return Float32Array.from(shape, (one) => one / sum);
}

function windowed(samples: number, half: number, inRate: number): number {
  const turns = (2 * CUTOFF_HZ * samples) / inRate;
  const sinc = turns === 0 ? 1 : Math.sin(Math.PI * turns) / (Math.PI * turns);
  const place = 1 - (samples / half) ** 2;
  return place <= 0 ? 0 : sinc * bessel(KAISER_BETA * Math.sqrt(place));
}

/** The modified Bessel function of the first kind, of order zero. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const whole = new Float32Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
