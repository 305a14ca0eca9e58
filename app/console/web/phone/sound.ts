/** The sound card: the microphone's samples to the worklet, the worklet's to the loudspeaker, and frames to the page. */

import { PROCESSOR, type Heard, type Told } from "./port";

/** Why there is no microphone, as far as browsers tell: refused, none there, or a page that may not ask. */
export type NoMicrophone = "refused" | "none" | "insecure";

export class Sound {
  onHeard: (heard: Heard) => void = () => {};

  private constructor(
    private readonly context: AudioContext,
    private readonly node: AudioWorkletNode,
    private readonly loudspeaker: GainNode,
    private readonly microphone: MediaStream | null,
    readonly missing: NoMicrophone | null,
  ) {
    node.port.onmessage = (event: MessageEvent<Heard>) => this.onHeard(event.data);
  }

  /** Call it from a click: browsers let no page sound, or listen, that nobody touched. */
  static async open(worklet: string, wantsMicrophone: boolean): Promise<Sound> {
    const context = new AudioContext({ latencyHint: "interactive" });
    await context.audioWorklet.addModule(worklet);
    const [microphone, missing] = wantsMicrophone ? await askForMicrophone() : [null, null];
    const node = new AudioWorkletNode(context, PROCESSOR, { numberOfInputs: 1, outputChannelCount: [1] });
    if (microphone) context.createMediaStreamSource(microphone).connect(node);
    const loudspeaker = context.createGain();
    node.connect(loudspeaker).connect(context.destination);
    await context.resume();
    return new Sound(context, node, loudspeaker, microphone, missing);
  }

  tell(told: Told): void {
    this.node.port.postMessage(told);
  }

  set audible(on: boolean) {
    this.loudspeaker.gain.value = on ? 1 : 0;
  }

  async close(): Promise<void> {
    this.onHeard = () => {};
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
    this.node.disconnect();
    await this.context.close();
  }
}

async function askForMicrophone(): Promise<[MediaStream | null, NoMicrophone | null]> {
  if (!navigator.mediaDevices) return [null, "insecure"]; // http:// but not on this machine
  try {
    const wanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
    return [await navigator.mediaDevices.getUserMedia({ audio: wanted }), null];
  } catch (error) {
    return [null, error instanceof DOMException && error.name === "NotAllowedError" ? "refused" : "none"];
  }
}
