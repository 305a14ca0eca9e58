/** What the page asks of the server: calls, their next steps, a voice, and the news of a call. */

/** What Twilio would do next. */
export type Step =
  | Joining
  | { kind: "hang_up" | "callback" | "voicemail"; say?: string; language?: string }
  | { kind: "dial"; number: string; say?: string }
  | { kind: "reject" };

/** How a stream is opened. */
export interface Joining {
  kind: "stream";
  account_sid: string;
  stream_sid: string;
  parameters: Record<string, string>;
  protocols: string[];
}

export interface Placed {
  call_sid: string;
  key: string;
  caller: string;
  called: string;
  step: Step;
}

export interface Offered {
  name: string;
  business: string;
  languages: string[];
  versions?: { id: string; note: string; by: string }[];
}

export interface Wish {
  line: string;
  version: string;
  language: string;
  caller: string;
  record: "yes" | "";
}

/** Something that goes on in a call. */
export interface News {
  kind: string;
  at_s: number;
  [more: string]: unknown;
}

/** What the server will not do; its message is for people. */
export class Refused extends Error {}

export class Server {
  /** `api`: where the phone's addresses begin. `link`: the word of a link, for who is not signed in. */
  constructor(
    private readonly api: string,
    private readonly link: string,
  ) {}

  async offers(): Promise<Offered[]> {
    return ((await this.json("GET", "/lines")) as { lines: Offered[] }).lines;
  }

  async place(wish: Wish): Promise<Placed> {
    return (await this.json("POST", "/calls", wish)) as Placed;
  }

  async next(call: Placed, after: "stream" | "dial" | "offer", told = ""): Promise<Step> {
    const answer = await this.json("POST", `/calls/${call.call_sid}/next`, { after, told }, call.key);
    return (answer as { step: Step }).step;
  }

  /** Goes out even while the page is being closed. */
  async over(call: Placed): Promise<void> {
    await this.ask("POST", `/calls/${call.call_sid}/over`, {}, call.key, true);
  }

  async write(call: Placed, text: string): Promise<void> {
    await this.ask("POST", `/calls/${call.call_sid}/text`, { text }, call.key);
  }

  /** A sentence as a caller says it, in µ-law. */
  async speak(text: string, language: string): Promise<Uint8Array> {
    const response = await this.ask("POST", "/speech", { text, language });
    return new Uint8Array(await response.arrayBuffer());
  }

  /** The news of a call, until it ends or `signal` does: server-sent events, asked for with the call's key. */
  async news(call: Placed, signal: AbortSignal, take: (news: News) => void): Promise<void> {
    const headers = this.headers(call.key);
    const response = await fetch(`${this.api}/calls/${call.call_sid}/news`, { headers, signal });
    if (!response.ok || !response.body) throw new Refused(await problemOf(response));
    let held = "";
    for await (const part of textOf(response.body)) {
      const events = (held + part).split("\n\n");
      held = events.pop()!;
      for (const event of events) if (event.startsWith("data: ")) take(JSON.parse(event.slice(6)) as News);
    }
  }

  /** The path of a page for one call of whoever has it. */
  async makeLink(wish: Wish, hours: number): Promise<string> {
    return ((await this.json("POST", "/links", { ...wish, caller: "", hours })) as { path: string }).path;
  }

  private async json(method: string, path: string, body?: object, key?: string): Promise<unknown> {
    return await (await this.ask(method, path, body, key)).json();
  }

  private async ask(method: string, path: string, body?: object, key?: string, keepalive = false): Promise<Response> {
    const headers = { ...this.headers(key), ...(body ? { "content-type": "application/json" } : {}) };
    const sent = body ? JSON.stringify(body) : null;
    const response = await fetch(this.api + path, { method, headers, body: sent, keepalive });
    if (!response.ok) throw new Refused(await problemOf(response));
    return response;
  }

  private headers(key?: string): Record<string, string> {
    return {
      ...(key ? { "x-phone-key": key } : {}),
      ...(this.link ? { authorization: `Bearer ${this.link}` } : {}),
    };
  }
}

async function problemOf(response: Response): Promise<string> {
  try {
    const told = (await response.json()) as { problem?: unknown };
    if (typeof told.problem === "string") return told.problem;
  } catch {
    // not ours: a proxy's page, say
  }
  return `HTTP ${response.status}`;
}

async function* textOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
