// The calls going on: one of them in words and sound as it goes, and a person's own voice in it.
import { millis, usd } from "../shared/figures";
import { onEach } from "../shared/page";
import { Loudspeaker } from "../shared/sound";

interface Told {
  kind: string;
  at_s: number;
  [name: string]: unknown;
}
type Side = "caller" | "assistant";
const MOST_LINES = 400;
const VOICE_RATE = 24_000;

onEach<HTMLElement>("[data-now]", (page) => {
  const rolling = page.querySelector<HTMLElement>("[data-rolling]");
  const figure = (name: string, text: string): void => {
    const place = page.querySelector(`[data-figure="${name}"]`);
    if (place && place.textContent !== text) place.textContent = text;
  };
  const running = new Map<Side, HTMLElement>();
  let longest = 0;
  let away = false;
  let last = 0;

  // ---- words

  const line = (side: string, text: string, at: number | null, classes = ""): HTMLElement => {
    const item = document.createElement("div");
    item.className = `turn turn-${side} ${classes}`;
    const head = document.createElement("div");
    head.className = "turn-head";
    const when = document.createElement("span");
    when.className = "at";
    when.textContent = at === null ? "" : clock(at);
    const who = document.createElement("span");
    who.className = "who";
    who.textContent = page.dataset[side] ?? side;
    head.append(when, who);
    const said = document.createElement("p");
    said.className = "said";
    said.dir = "auto";
    said.textContent = text;
    item.append(head, said);
    return item;
  };
  const note = (text: string, at: number): void => {
    const item = document.createElement("div");
    item.className = "event";
    const when = document.createElement("span");
    when.className = "at";
    when.textContent = clock(at);
    const what = document.createElement("span");
    what.textContent = text;
    item.append(when, what);
    add(item);
  };
  const add = (item: HTMLElement): void => {
    if (!rolling) return;
    const below = rolling.scrollHeight - rolling.scrollTop - rolling.clientHeight < 60;
    const first = [...running.values()].find((one) => one.isConnected);
    if (first && !item.classList.contains("running")) rolling.insertBefore(item, first);
    else rolling.append(item);
    while (rolling.children.length > MOST_LINES) rolling.firstElementChild?.remove();
    if (below) rolling.scrollTop = rolling.scrollHeight;
  };
  const words = (side: Side, text: string): void => {
    const before = running.get(side);
    if (!text) {
      before?.remove();
      running.delete(side);
      return;
    }
    const said = before?.querySelector(".said");
    if (said) {
      said.textContent = text;
      if (rolling && rolling.scrollHeight - rolling.scrollTop - rolling.clientHeight < 90) rolling.scrollTop = rolling.scrollHeight;
      return;
    }
    const item = line(side, text, null, "running");
    add(item);
    running.set(side, item);
  };
  const turn = (told: Told): void => {
    const item = line(String(told.side), String(told.heard ?? ""), Number(told.started_s));
    if (told.unheard) {
      const rest = document.createElement("span");
      rest.className = "unheard";
      rest.textContent = ` ${String(told.unheard)}`;
      item.querySelector(".said")?.append(rest);
    }
    running.get(told.side as Side)?.remove();
    running.delete(told.side as Side);
    add(item);
    if (Number(told.gap_ms) > longest) {
      longest = Number(told.gap_ms);
      figure("gap", millis(longest));
    }
  };
  const figures = (told: Told): void => {
    figure("age", clock(told.at_s));
    figure("quiet", Number(told.quiet_s) >= 1 ? clock(Number(told.quiet_s)) : "–");
    figure("cost", usd(Number(told.cost_usd)));
    figure("language", String(told.language));
    const state = String(told.state);
    figure("state", page.getAttribute(`data-state-${state}`) ?? state);
  };

  const take = (told: Told): void => {
    last = told.at_s || last;
    switch (told.kind) {
      case "now": {
        rolling?.replaceChildren();
        running.clear();
        for (const one of told.turns as { side: string; text: string }[]) add(line(one.side, one.text, null));
        words("caller", String(told.caller));
        words("assistant", String(told.assistant));
        for (const tool of told.tools as { name: string }[]) note(`⚙ ${tool.name} …`, told.at_s);
        figures(told);
        if (away) note(page.dataset.back ?? "", told.at_s);
        away = false;
        break;
      }
      case "away":
        if (!away) note(page.dataset.away ?? "", last);
        away = true;
        break;
      case "figures":
        figures(told);
        break;
      case "words":
        words(told.side as Side, String(told.text));
        break;
      case "turn":
        turn(told);
        break;
      case "tool":
        note(`⚙ ${String(told.name)} ${told.status === "running" ? "…" : `${String(told.status)} ${String(told.took_ms)} ms`}`, told.at_s);
        break;
      case "key":
        note(`# ${String(told.key)}`, told.at_s);
        break;
      case "flag":
        note(`⚑ ${String(told.name).replaceAll("_", " ")} ${String(told.detail)}`, told.at_s);
        break;
      case "end":
        source.close();
        note(page.dataset.over ?? "", last);
        setTimeout(() => location.assign(page.dataset.record ?? "/console/calls"), 2_500);
        break;
    }
  };
  let source: EventSource;
  const follow = (): void => {
    source = new EventSource(page.dataset.feed ?? "");
    source.addEventListener("message", (event) => take(JSON.parse(String(event.data)) as Told));
    // A browser tries again where a connection broke, and gives up where a proxy answers that nobody is there.
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(follow, 3_000);
    });
  };
  follow();
  window.addEventListener("pagehide", () => source.close());

  // ---- sound

  const meters = page.querySelector<HTMLElement>("[data-meters]");
  const bars = [0, 1].map((side) => page.querySelector(`[data-meter="${side}"]`));
  const loud = (...levels: number[]): void =>
    levels.forEach((level, side) => bars[side]?.setAttribute("width", String(Math.min(100, Math.round(Math.sqrt(level) * 100)))));
  const pressed = (button: HTMLButtonElement, on: boolean): void => {
    button.setAttribute("aria-pressed", String(on));
    button.classList.toggle("btn-primary", on);
    const text = button.querySelector<HTMLElement>("[data-on]");
    if (text) text.textContent = (on ? text.dataset.on : text.dataset.off) ?? "";
    if (meters) meters.hidden = !on;
  };
  const address = (path: string): string => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
  const opened = (path: string, button: HTMLButtonElement, over: () => void): WebSocket => {
    const socket = new WebSocket(address(path));
    const speaker = new Loudspeaker(loud);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", (event) => speaker.play(new Uint8Array(event.data as ArrayBuffer)));
    socket.addEventListener("close", () => {
      speaker.close();
      pressed(button, false);
      over();
    });
    pressed(button, true);
    return socket;
  };

  let listening: WebSocket | null = null;
  const ear = page.querySelector<HTMLButtonElement>("[data-listen-button]");
  ear?.addEventListener("click", () => {
    if (listening) listening.close();
    else listening = opened(page.dataset.listen ?? "", ear, () => (listening = null));
  });

  let talking: WebSocket | null = null;
  const mouth = page.querySelector<HTMLButtonElement>("[data-talk-button]");
  mouth?.addEventListener("click", () => {
    if (talking) {
      talking.close();
      return;
    }
    void microphone().then((voice) => {
      if (!voice) return;
      talking = opened(page.dataset.talk ?? "", mouth, () => {
        talking = null;
        voice.stop();
      });
      voice.to((pcm) => {
        if (talking?.readyState === WebSocket.OPEN && talking.bufferedAmount < 96_000) talking.send(pcm);
      });
    });
  });
  const microphone = async (): Promise<Voice | null> => {
    try {
      return await Voice.open();
    } catch {
      const done = page.querySelector("#done");
      if (done) done.textContent = page.dataset.noMicrophone ?? "";
      return null;
    }
  };
});

/** The microphone, 24 kHz 16-bit, a tenth of a second at a time. */
class Voice {
  private sink: (pcm: ArrayBuffer) => void = () => undefined;

  private constructor(
    private readonly context: AudioContext,
    private readonly stream: MediaStream,
  ) {}

  static async open(): Promise<Voice> {
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
    const context = new AudioContext({ sampleRate: VOICE_RATE });
    const voice = new Voice(context, stream);
    await context.audioWorklet.addModule(worklet());
    const node = new AudioWorkletNode(context, "voice", { numberOfOutputs: 0 });
    node.port.addEventListener("message", (event) => voice.sink(event.data as ArrayBuffer));
    node.port.start();
    context.createMediaStreamSource(stream).connect(node);
    return voice;
  }

  to(sink: (pcm: ArrayBuffer) => void): void {
    this.sink = sink;
  }

  stop(): void {
    for (const track of this.stream.getTracks()) track.stop();
    void this.context.close();
  }
}

function worklet(): string {
  return document.querySelector<HTMLElement>("[data-now]")?.dataset.voice ?? "";
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// A form in a dialog closes it once it is sent.
document.addEventListener("submit", (event) => {
  const form = event.target as HTMLFormElement;
  if (form.hasAttribute("data-closes")) form.closest("dialog")?.close();
});

interface Answered {
  sourceElement: Element;
  text: string;
  request: { body?: URLSearchParams };
}

// A text is gone from its field once it was taken; what was written there meanwhile, or was refused, stays.
document.addEventListener("htmx:after:request", (event) => {
  const { sourceElement, text, request } = (event as CustomEvent<{ ctx: Answered }>).detail.ctx;
  if (!sourceElement.hasAttribute("data-clears") || !text.includes("data-taken")) return;
  const field = sourceElement.querySelector("textarea");
  if (field && field.value === request.body?.get(field.name)) field.value = "";
});
