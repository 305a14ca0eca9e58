// The microphone in an AudioWorklet: 16-bit samples, a tenth of a second at a time.
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void;

class VoiceProcessor extends AudioWorkletProcessor {
  private samples = new Int16Array(Math.round(sampleRate / 10));
  private count = 0;

  process(inputs: Float32Array[][]): boolean {
    for (const value of inputs[0]?.[0] ?? []) {
      this.samples[this.count] = Math.max(-1, Math.min(1, value)) * 32767;
      this.count += 1;
      if (this.count === this.samples.length) {
        this.port.postMessage(this.samples.buffer, [this.samples.buffer]);
        this.samples = new Int16Array(this.count);
        this.count = 0;
      }
    }
    return true;
  }
}
registerProcessor("voice", VoiceProcessor);
