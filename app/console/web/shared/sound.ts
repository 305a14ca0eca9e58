// µ-law as the telephone has it, played as it comes and measured as it goes by.

const LINEAR = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4);
  return (bits & 0x80 ? 0x84 - magnitude : magnitude - 0x84) / 32768;
});
const RATE = 8_000;
const LEAD_S = 0.25; // waits for what comes unevenly
const LATE_S = 1.5; // what would be heard later than this is left out

/** Plays both sides of a call, the caller a little to the left, and tells how loud either is. */
export class Loudspeaker {
  private readonly context = new AudioContext();
  private at = 0;

  constructor(private readonly loud: (caller: number, assistant: number) => void) {}

  play(sound: Uint8Array): void {
    const length = sound.length >> 1;
    if (!length) return;
    const buffer = this.context.createBuffer(2, length, RATE);
    const left = buffer.getChannelData(0);
    const right = buffer.getChannelData(1);
    let callers = 0;
    let assistants = 0;
    for (let k = 0; k < length; k += 1) {
      const caller = LINEAR[sound[2 * k] ?? 0xff] ?? 0;
      const assistant = LINEAR[sound[2 * k + 1] ?? 0xff] ?? 0;
      left[k] = 0.8 * caller + 0.4 * assistant;
      right[k] = 0.4 * caller + 0.8 * assistant;
      callers = Math.max(callers, Math.abs(caller));
      assistants = Math.max(assistants, Math.abs(assistant));
    }
    this.loud(callers, assistants);
    const now = this.context.currentTime;
    if (this.at < now) this.at = now + LEAD_S;
    if (this.at > now + LATE_S) return;
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.context.destination);
    source.start(this.at);
    this.at += buffer.duration;
  }

  close(): void {
    this.loud(0, 0);
    void this.context.close();
  }
}
