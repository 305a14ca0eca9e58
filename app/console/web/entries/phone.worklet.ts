/** The phone's clock and its sound: the sound card's samples on one side, frames of a telephone line on the other. */

import { Line, saturated } from "../phone/line";
import { PROCESSOR, type Heard, type Told } from "../phone/port";
import { FRAME, RATE } from "../phone/rates";
import { Resampler } from "../phone/resample";

// The scope of worklets has no types of its own: https://www.w3.org/TR/webaudio/#AudioWorkletGlobalScope
declare const sampleRate: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, of: new () => AudioWorkletProcessor): void;

const CUSHION = 256; // samples: a frame that comes a block of the sound card later is not heard as a click

class PhoneProcessor extends AudioWorkletProcessor {
  private readonly line = new Line();
  private readonly down = new Resampler(sampleRate, RATE);
  private readonly up = new Resampler(RATE, sampleRate);
  private readonly spoken: number[] = []; // at 8 kHz, short of a frame
  private sounding = new Float32Array(CUSHION); // at the sound card's rate, not played yet

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<Told>) => this.told(event.data);
  }

  process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const output = outputs[0]![0]!;
    this.hear(inputs[0]?.[0] ?? new Float32Array(output.length));
    output.set(this.sounding.subarray(0, output.length));
    this.sounding = this.sounding.slice(output.length);
    for (const other of outputs[0]!.slice(1)) other.set(output);
    return true;
  }

  private hear(samples: Float32Array): void {
    for (const sample of this.down.process(samples)) this.spoken.push(saturated(sample * 32_768));
    while (this.spoken.length >= FRAME) this.frame(Int16Array.from(this.spoken.splice(0, FRAME)));
  }

  private frame(microphone: Int16Array): void {
    const tick = this.line.tick(microphone);
    const more = this.up.process(Float32Array.from(tick.heard, (sample) => sample / 32_768));
    const whole = new Float32Array(this.sounding.length + more.length);
    whole.set(this.sounding);
    whole.set(more, this.sounding.length);
    this.sounding = whole;
    this.tell({ kind: "frame", ...tick, speaking: this.line.speaking });
  }

  private told(message: Told): void {
    const { playout } = this.line;
    switch (message.kind) {
      case "play":
        if (playout.add(message.samples)) this.tell({ kind: "discarded" });
        break;
      case "mark":
        this.tell({ kind: "marks", marks: playout.mark(message.name), cleared: false });
        break;
      case "clear":
        this.sounding = new Float32Array(CUSHION);
        this.tell({ kind: "marks", marks: playout.clear(), cleared: true });
        break;
      case "say":
        this.line.say(message.samples);
        break;
      case "weather":
        this.line.weather = message.weather;
        break;
      case "mute":
        this.line.muted = message.muted;
    }
  }

  private tell(heard: Heard): void {
    this.port.postMessage(heard);
  }
}

registerProcessor(PROCESSOR, PhoneProcessor);
