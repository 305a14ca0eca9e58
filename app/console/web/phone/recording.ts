/** The call's sound as the phone had it, for whoever wants to keep it: the caller left, the assistant right. */

import { RATE } from "./rates";

const LONGEST_FRAMES = 30 * 60 * 50; // half an hour; what comes later is not kept
const HEADER = 44;

export class Recording {
  private readonly spoken: Int16Array[] = [];
  private readonly heard: Int16Array[] = [];

  get empty(): boolean {
    return !this.spoken.length;
  }

  add(spoken: Int16Array, heard: Int16Array): void {
    if (this.spoken.length >= LONGEST_FRAMES) return;
    this.spoken.push(spoken);
    this.heard.push(heard);
  }

  /** A WAV file of two channels. */
  wav(): Uint8Array<ArrayBuffer> {
    const samples = this.spoken.reduce((total, frame) => total + frame.length, 0);
    const file = new Uint8Array(HEADER + 4 * samples);
    const view = new DataView(file.buffer);
    header(view, samples);
    let at = HEADER;
    this.spoken.forEach((frame, number) => {
      const other = this.heard[number]!;
      frame.forEach((sample, index) => {
        view.setInt16(at, sample, true);
        view.setInt16(at + 2, other[index] ?? 0, true);
        at += 4;
      });
    });
    return file;
  }
}

function header(view: DataView, samples: number): void {
  const words: [number, string][] = [[0, "RIFF"], [8, "WAVE"], [12, "fmt "], [36, "data"]];
  for (const [at, word] of words) [...word].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  view.setUint32(4, HEADER - 8 + 4 * samples, true);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 2, true); // channels
  view.setUint32(24, RATE, true);
  view.setUint32(28, 4 * RATE, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 16, true);
  view.setUint32(40, 4 * samples, true);
}
