/** What the page and its worklet tell each other. */

import type { Weather } from "./line";

export const PROCESSOR = "frontline-phone";

export type Told =
  | { kind: "play"; samples: Int16Array }
  | { kind: "mark"; name: string }
  | { kind: "clear" }
  | { kind: "say"; samples: Int16Array }
  | { kind: "weather"; weather: Weather }
  | { kind: "mute"; muted: boolean };

/** One frame both ways. `codes` is null for a frame that got lost; `speaking`: a typed sentence is not over. */
export interface Frame {
  kind: "frame";
  codes: Uint8Array | null;
  spoken: Int16Array;
  heard: Int16Array;
  marks: string[];
  speaking: boolean;
}

/** A frame, marks that come back, or that too much sound waited. */
export type Heard = Frame | { kind: "marks"; marks: string[]; cleared: boolean } | { kind: "discarded" };
