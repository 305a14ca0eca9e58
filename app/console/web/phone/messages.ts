/** Media Streams messages as Twilio writes them, and as strictly as it reads them.
 * https://www.twilio.com/docs/voice/media-streams/websocket-messages */

import { FRAME_MS } from "./rates";

const FIRST_TIMESTAMP_MS = 171; // of a real call: it is never 0

export type Message =
  | { kind: "sound"; codes: Uint8Array }
  | { kind: "mark"; name: string }
  | { kind: "clear" }
  | Refusal;

/** A message Twilio would ignore, and the error it would log: https://www.twilio.com/docs/api/errors */
export interface Refusal {
  kind: "refusal";
  code: number;
  problem: string;
}

/** Numbers are strings, counted as Twilio counts them. */
export class Writer {
  private sequence = 0;
  private chunk = 0;
  private frames = 0;

  constructor(
    private readonly accountSid: string,
    private readonly callSid: string,
    private readonly streamSid: string,
  ) {}

  connected(): string {
    return JSON.stringify({ event: "connected", protocol: "Call", version: "1.0.0" });
  }

  start(customParameters: Record<string, string>): string {
    return this.numbered("start", {
      accountSid: this.accountSid,
      streamSid: this.streamSid,
      callSid: this.callSid,
      tracks: ["inbound"],
      mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
      customParameters,
    });
  }

  /** One frame of the caller's sound; null is one that got lost, which leaves a gap in the timestamps. */
  media(codes: Uint8Array | null): string | null {
    const timestamp = String(FIRST_TIMESTAMP_MS + this.frames++ * FRAME_MS);
    if (codes === null) return null;
    const chunk = String(++this.chunk);
    return this.numbered("media", { track: "inbound", chunk, timestamp, payload: base64(codes) });
  }

  dtmf(digit: string): string {
    return this.numbered("dtmf", { track: "inbound_track", digit });
  }

  mark(name: string): string {
    return this.numbered("mark", { name });
  }

  stop(): string {
    return this.numbered("stop", { accountSid: this.accountSid, callSid: this.callSid });
  }

  private numbered(event: string, body: object): string {
    const sequenceNumber = String(++this.sequence);
    return JSON.stringify({ event, sequenceNumber, [event]: body, streamSid: this.streamSid });
  }
}

/** One WebSocket message of the server; anything Twilio would not take is a refusal. */
export function read(raw: unknown, streamSid: string): Message {
  if (typeof raw !== "string") return refusal(31950, "a binary message");
  let message: unknown;
  try {
    message = JSON.parse(raw);
  } catch {
    return refusal(31951, "not JSON");
  }
  return isObject(message) ? readObject(message, streamSid) : refusal(31951, "not an object");
}

function readObject(message: Record<string, unknown>, streamSid: string): Message {
  const event = message.event;
  if (event !== "media" && event !== "mark" && event !== "clear") return refusal(31951, `unknown event ${String(event)}`);
  const wanted = ["event", "streamSid", ...(event === "clear" ? [] : [event])];
  if (!sameFields(message, wanted)) return refusal(31951, `${event}: a missing or an extra field`);
  if (message.streamSid !== streamSid) return refusal(31951, `${event}: the streamSid of another stream`);
  if (event === "clear") return { kind: "clear" };
  return event === "mark" ? readMark(message.mark) : readMedia(message.media);
}

function readMark(mark: unknown): Message {
  if (!isObject(mark) || !sameFields(mark, ["name"])) return refusal(31951, "mark: must be an object with name alone");
  if (typeof mark.name !== "string" || !mark.name) return refusal(31951, "mark: name must be a string that is not empty");
  return { kind: "mark", name: mark.name };
}

function readMedia(media: unknown): Message {
  if (!isObject(media) || !sameFields(media, ["payload"])) {
    return refusal(31951, "media: must be an object with payload alone");
  }
  if (typeof media.payload !== "string" || !media.payload) return refusal(31951, "media: payload is empty");
  try {
    return { kind: "sound", codes: Uint8Array.from(atob(media.payload), (letter) => letter.charCodeAt(0)) };
  } catch {
    return refusal(31951, "media: payload is not base64");
  }
}

function refusal(code: number, problem: string): Refusal {
  return { kind: "refusal", code, problem };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sameFields(object: object, wanted: string[]): boolean {
  return Object.keys(object).sort().join() === [...wanted].sort().join();
}

function base64(codes: Uint8Array): string {
  return btoa(String.fromCharCode(...codes));
}
