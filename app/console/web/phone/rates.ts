/** The units of a telephone's sound. */

export const RATE = 8_000; // hertz
export const FRAME_MS = 20;
export const FRAME = (RATE * FRAME_MS) / 1000; // samples, and µ-law bytes
export const LOUD_RMS = 100; // of 16 bits, about -50 dBFS: below it a listener hears nothing

export function rms(samples: Int16Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length ? Math.sqrt(sum / samples.length) : 0;
}
