/** G.711 µ-law: the eight bits of a telephone line, and the 16-bit samples they stand for (ITU-T G.711). */

export const SILENCE = 0xff;

const BIAS = 132; // added to the magnitude before its segment is looked up
const CLIP = 32_635;

const DECODED = Int16Array.from({ length: 256 }, (_, code) => decoded(code));
const ENCODED = Uint8Array.from({ length: 65_536 }, (_, bits) => encoded((bits << 16) >> 16));

export function decode(codes: Uint8Array): Int16Array {
  return Int16Array.from(codes, (code) => DECODED[code]!);
}

/** 0 becomes 0xff. */
export function encode(samples: Int16Array): Uint8Array {
  return Uint8Array.from(samples, (sample) => ENCODED[sample & 0xffff]!);
}

function decoded(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + BIAS) << ((bits >> 4) & 0x07)) - BIAS;
  return bits & 0x80 ? -magnitude : magnitude;
}

function encoded(sample: number): number {
  const magnitude = Math.min(Math.abs(sample), CLIP) + BIAS;
  const segment = 31 - Math.clz32(magnitude) - 7;
  const step = (magnitude >> (segment + 3)) & 0x0f;
  return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | step) & 0xff;
}
