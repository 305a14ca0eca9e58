/** One call: the stream to the server, frame by frame, and whatever comes when the stream is over. */

import { FAIR, type Weather } from "./line";
import { Writer, read } from "./messages";
import { Meter, type Measured } from "./meter";
import { decode } from "./mulaw";
import { FAST, Network, type Pace } from "./network";
import type { Frame, Heard } from "./port";
import { rms } from "./rates";
import { Recording } from "./recording";
import type { Joining, News, Placed, Server, Step, Wish } from "./server";
import type { Sound } from "./sound";

/** What the page is told. `waits`: nothing more happens until somebody chooses. */
export interface Ears {
  connected(call: Placed): void;
  waits(step: Step): void;
  ended(step: Step | null): void;
  level(spoken: number, heard: number): void;
  measured(measured: Measured): void;
  news(news: News): void;
  complaint(code: number, problem: string): void;
}

export class PhoneCall {
  readonly recording = new Recording();
  private readonly meter = new Meter();
  private readonly uplink = new Network<string>();
  private readonly downlink = new Network<unknown>();
  private readonly watching = new AbortController();
  private call: Placed | null = null;
  private socket: WebSocket | null = null;
  private writer: Writer | null = null;
  private streamSid = "";
  private over = false;

  constructor(
    private readonly server: Server,
    private readonly sound: Sound,
    private readonly ears: Ears,
  ) {
    sound.onHeard = (heard) => this.heard(heard);
  }

  get callSid(): string {
    return this.call?.call_sid ?? "";
  }

  async place(wish: Wish): Promise<void> {
    this.call = await this.server.place(wish);
    if (this.call.step.kind === "stream") void this.watch(this.call);
    this.take(this.call.step);
  }

  press(key: string): void {
    if (this.writer) this.send(this.writer.dtmf(key));
  }

  say(codes: Uint8Array): void {
    this.sound.tell({ kind: "say", samples: decode(codes) });
  }

  async write(text: string): Promise<void> {
    if (this.call) await this.server.write(this.call, text);
  }

  mute(muted: boolean): void {
    this.sound.tell({ kind: "mute", muted });
  }

  spoil(weather: Weather = FAIR, pace: Pace = FAST): void {
    this.sound.tell({ kind: "weather", weather });
    this.uplink.pace = this.downlink.pace = pace;
  }

  /** How a dialled representative, or an offer, ended: the call goes on with what comes after it. */
  async choose(after: "dial" | "offer", told: string): Promise<void> {
    if (this.call) this.take(await this.server.next(this.call, after, told));
  }

  /** The caller hangs up; the call is over by word of the phone, too, as Twilio would tell. */
  async hangUp(): Promise<void> {
    if (this.over) return;
    const { call, socket, writer } = this;
    if (socket?.readyState === WebSocket.OPEN && writer) socket.send(writer.stop());
    this.end(null);
    if (call) await this.server.over(call);
  }

  // ---- the stream

  private take(step: Step): void {
    if (step.kind === "stream") this.join(step);
    else if (step.kind === "hang_up" || step.kind === "reject") this.end(step);
    else this.ears.waits(step);
  }

  private join(joining: Joining): void {
    const call = this.call!;
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/media`, joining.protocols);
    const writer = new Writer(joining.account_sid, call.call_sid, joining.stream_sid);
    this.socket = socket;
    this.streamSid = joining.stream_sid;
    socket.onopen = () => {
      socket.send(writer.connected());
      socket.send(writer.start(joining.parameters));
      this.writer = writer;
      this.ears.connected(call);
    };
    socket.onmessage = (event) => this.downlink.send(event.data, performance.now());
    socket.onclose = () => void this.left(socket);
  }

  /** The server closed the stream: ask what is next, as Twilio does. */
  private async left(socket: WebSocket): Promise<void> {
    if (socket !== this.socket || this.over) return;
    this.socket = this.writer = null;
    for (const message of this.downlink.due(Infinity)) this.receive(message);
    try {
      this.take(await this.server.next(this.call!, "stream"));
    } catch {
      this.end(null);
    }
  }

  private end(step: Step | null): void {
    if (this.over) return;
    this.over = true;
    this.socket?.close(1000);
    this.socket = this.writer = null;
    this.ears.ended(step);
    setTimeout(() => this.watching.abort(), 3_000); // the end itself may still be told
    void this.sound.close();
  }

  private send(message: string): void {
    this.uplink.send(message, performance.now());
  }

  private receive(raw: unknown): void {
    const message = read(raw, this.streamSid);
    switch (message.kind) {
      case "sound":
        this.sound.tell({ kind: "play", samples: decode(message.codes) });
        break;
      case "mark":
        this.sound.tell({ kind: "mark", name: message.name });
        break;
      case "clear":
        this.sound.tell({ kind: "clear" });
        break;
      case "refusal":
        this.ears.complaint(message.code, message.problem);
    }
  }

  // ---- every 20 ms, by the sound card's clock

  private heard(heard: Heard): void {
    if (heard.kind === "discarded") this.ears.complaint(31931, "more than 10 minutes of sound wait to be heard");
    else if (heard.kind === "marks") this.returned(heard.marks, heard.cleared);
    else this.frame(heard);
  }

  private frame(frame: Frame): void {
    const now = performance.now();
    for (const message of this.downlink.due(now)) this.receive(message);
    if (!this.writer) return;
    this.returned(frame.marks, false);
    const message = this.writer.media(frame.codes);
    if (message !== null) this.send(message);
    if (this.socket?.readyState === WebSocket.OPEN) for (const due of this.uplink.due(now)) this.socket.send(due);
    this.recording.add(frame.spoken, frame.heard);
    this.measure(frame);
  }

  private measure(frame: Frame): void {
    const [spoken, heard] = [rms(frame.spoken), rms(frame.heard)];
    for (const one of this.meter.frame(spoken, heard)) this.ears.measured(one);
    this.ears.level(spoken, heard);
  }

  private returned(marks: string[], cleared: boolean): void {
    if (cleared) for (const one of this.meter.cleared()) this.ears.measured(one);
    if (this.writer) for (const name of marks) this.send(this.writer.mark(name));
  }

  // ---- the news

  private async watch(call: Placed): Promise<void> {
    try {
      await this.server.news(call, this.watching.signal, (news) => this.ears.news(news));
    } catch {
      // the call goes on without them
    }
  }
}
