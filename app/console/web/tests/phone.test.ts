import assert from "node:assert/strict";
import { test } from "node:test";

import { FAIR, Line } from "../phone/line";
import { Writer, read } from "../phone/messages";
import { Meter, median, type Measured } from "../phone/meter";
import { decode, encode } from "../phone/mulaw";
import { Network } from "../phone/network";
import { Playout } from "../phone/playout";
import { FRAME, RATE, rms } from "../phone/rates";
import { Recording } from "../phone/recording";
import { Resampler } from "../phone/resample";

const STREAM = `MZ${"1".repeat(32)}`;

// ---- µ-law

test("codes are those of the standard's table", () => {
  const known: [number, number][] = [[0x00, -32124], [0x7f, 0], [0x80, 32124], [0xff, 0], [0xfe, 8], [0x8f, 16764], [0xce, 988]];
  for (const [code, sample] of known) assert.equal(decode(Uint8Array.of(code))[0], sample, code.toString(16));
});

test("every code survives the way there and back", () => {
  const codes = Uint8Array.from({ length: 256 }, (_, code) => code).filter((code) => code !== 0x7f); // the second zero
  assert.deepEqual(encode(decode(codes)), codes);
});

test("every sample becomes the nearest code, or one as near", () => {
  const levels = [...decode(Uint8Array.from({ length: 256 }, (_, code) => code))];
  for (let sample = -32_768; sample < 32_768; sample += 101) {
    const got = decode(encode(Int16Array.of(sample)))[0]!;
    const nearest = Math.min(...levels.map((level) => Math.abs(level - sample)));
    assert.ok(Math.abs(got - sample) <= Math.max(nearest + 4, Math.abs(sample) * 0.04), `${sample} became ${got}`);
  }
});

// ---- the resampler

function sine(hertz: number, rate: number, ms: number): Float32Array {
  return Float32Array.from({ length: (rate * ms) / 1000 }, (_, at) => Math.sin((2 * Math.PI * hertz * at) / rate));
}

function levelDb(samples: Float32Array): number {
  const middle = samples.subarray(samples.length / 4, (3 * samples.length) / 4);
  const power = middle.reduce((sum, one) => sum + one * one, 0) / middle.length;
  return 10 * Math.log10(2 * power + 1e-12);
}

for (const rate of [16_000, 44_100, 48_000, 96_000]) {
  test(`what a telephone carries is kept from ${rate} hertz, and back`, () => {
    for (const hertz of [300, 1_000, 3_000]) {
      const down = new Resampler(rate, RATE).process(sine(hertz, rate, 200));
      assert.ok(Math.abs(levelDb(down)) < 0.2, `${hertz} Hz down: ${levelDb(down)} dB`);
      const up = new Resampler(RATE, rate).process(sine(hertz, RATE, 200));
      assert.ok(Math.abs(levelDb(up)) < 0.2, `${hertz} Hz up: ${levelDb(up)} dB`);
    }
  });

  test(`what it does not carry is not folded into it from ${rate} hertz`, () => {
    for (const hertz of [4_300, 5_000, 7_000].filter((one) => one < rate / 2)) {
      const level = levelDb(new Resampler(rate, RATE).process(sine(hertz, rate, 200)));
      assert.ok(level < -70, `${hertz} Hz: ${level} dB`);
    }
  });
}

test("the output does not depend on how the sound is cut", () => {
  const sound = sine(440, 44_100, 200);
  const whole = new Resampler(44_100, RATE).process(sound);
  const cut = new Resampler(44_100, RATE);
  const parts: number[] = [];
  for (let at = 0; at < sound.length; at += 128) parts.push(...cut.process(sound.subarray(at, at + 128)));
  assert.deepEqual(Float32Array.from(parts), whole);
});

test("as much comes out as went in, at the other rate", () => {
  assert.ok(Math.abs(new Resampler(48_000, RATE).process(new Float32Array(48_000)).length - RATE) <= 1);
  assert.ok(Math.abs(new Resampler(RATE, 44_100).process(new Float32Array(RATE)).length - 44_100) <= 6);
});

// ---- the playout

function loud(frames: number): Int16Array {
  return new Int16Array(frames * FRAME).fill(1000);
}

function pulled(playout: Playout, frames: number): { sound: number[]; marks: string[] } {
  const sound: number[] = [];
  const marks: string[] = [];
  for (let number = 0; number < frames; number++) {
    const frame = new Int16Array(FRAME);
    marks.push(...playout.pull(frame));
    sound.push(rms(frame));
  }
  return { sound, marks };
}

test("a mark comes back when the sound before it has been heard, and not sooner", () => {
  const playout = new Playout(0);
  playout.add(loud(2));
  assert.deepEqual(playout.mark("g1:1"), []);
  assert.deepEqual(pulled(playout, 2), { sound: [1000, 1000], marks: [] });
  assert.deepEqual(pulled(playout, 1), { sound: [0], marks: ["g1:1"] });
});

test("a mark with nothing before it comes back at once", () => {
  assert.deepEqual(new Playout().mark("g1:1"), ["g1:1"]);
});

test("a clear is silence at once, and brings every pending mark back", () => {
  const playout = new Playout(0);
  playout.add(loud(10));
  playout.mark("a");
  playout.add(loud(10));
  playout.mark("b");
  pulled(playout, 3);
  assert.deepEqual(playout.clear(), ["a", "b"]);
  assert.deepEqual(pulled(playout, 2), { sound: [0, 0], marks: [] });
  assert.equal(playout.waitingMs, 0);
});

test("sound begins when there is enough against jitter, or has waited long enough", () => {
  const enough = new Playout(60);
  enough.add(loud(2));
  assert.deepEqual(pulled(enough, 1).sound, [0]);
  enough.add(loud(1));
  assert.deepEqual(pulled(enough, 3).sound, [1000, 1000, 1000]);
  const little = new Playout(60);
  little.add(loud(1));
  assert.deepEqual(pulled(little, 5).sound, [0, 0, 0, 1000, 0]);
});

test("more than ten minutes are not kept", () => {
  const playout = new Playout();
  assert.equal(playout.add(new Int16Array(10 * 60 * RATE + 5)), 5);
});

// ---- the line

const QUIET = new Int16Array(FRAME);

function random(): () => number {
  let state = 1047;
  return () => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
}

test("a line in fair weather carries what is said as it is", () => {
  const line = new Line();
  const frame = new Int16Array(FRAME).fill(988);
  assert.deepEqual(line.tick(frame).codes, new Uint8Array(FRAME).fill(0xce));
});

test("a sentence is said frame by frame, in place of the microphone", () => {
  const line = new Line();
  line.say(loud(2));
  line.say(loud(1));
  const levels = Array.from({ length: 4 }, () => rms(line.tick(QUIET).spoken));
  assert.deepEqual(levels, [1000, 1000, 1000, 0]);
  assert.equal(line.speaking, false);
});

test("a muted line is silent but for what is typed", () => {
  const line = new Line();
  line.muted = true;
  assert.equal(rms(line.tick(loud(1)).spoken), 0);
  line.say(loud(1));
  assert.equal(rms(line.tick(QUIET).spoken), 1000);
});

test("noise lies as far below speech as it was set to", () => {
  const line = new Line(random());
  line.weather = { ...FAIR, noiseDb: 15 };
  const sound = Array.from({ length: 200 }, () => [...line.tick(QUIET).spoken]).flat();
  const belowFull = 20 * Math.log10(rms(Int16Array.from(sound)) / 32_768);
  assert.ok(Math.abs(belowFull - -37) < 1, `${belowFull} dBFS`);
});

test("the assistant comes back as an echo, later and weaker", () => {
  const line = new Line();
  line.playout.add(loud(20));
  line.weather = { ...FAIR, echoDb: 20 };
  const levels = Array.from({ length: 30 }, () => rms(line.tick(QUIET).spoken));
  assert.equal(levels[0], 0);
  assert.ok(Math.max(...levels) === 100, String(Math.max(...levels)));
  assert.ok(levels.findIndex((level) => level > 0) >= 6);
});

test("so many frames get lost as were to be", () => {
  const line = new Line(random());
  line.weather = { ...FAIR, loss: 0.1 };
  const lost = Array.from({ length: 2_000 }, () => line.tick(QUIET)).filter((tick) => tick.codes === null).length;
  assert.ok(lost > 150 && lost < 250, String(lost));
});

// ---- messages

test("messages are those of Twilio, to the letter", () => {
  const writer = new Writer("AC1", "CA1", STREAM);
  assert.equal(writer.connected(), '{"event":"connected","protocol":"Call","version":"1.0.0"}');
  const start = JSON.parse(writer.start({ token: "t" }));
  assert.deepEqual(start, {
    event: "start",
    sequenceNumber: "1",
    start: {
      accountSid: "AC1",
      streamSid: STREAM,
      callSid: "CA1",
      tracks: ["inbound"],
      mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
      customParameters: { token: "t" },
    },
    streamSid: STREAM,
  });
  const media = JSON.parse(writer.media(new Uint8Array(2).fill(0xff))!);
  assert.deepEqual(media.media, { track: "inbound", chunk: "1", timestamp: "171", payload: "//8=" });
  assert.deepEqual(JSON.parse(writer.dtmf("5")).dtmf, { track: "inbound_track", digit: "5" });
  assert.deepEqual(JSON.parse(writer.mark("g1:1")).mark, { name: "g1:1" });
  assert.deepEqual(JSON.parse(writer.stop()), {
    event: "stop",
    sequenceNumber: "5",
    stop: { accountSid: "AC1", callSid: "CA1" },
    streamSid: STREAM,
  });
});

test("a lost frame leaves a gap in time and none in the count", () => {
  const writer = new Writer("AC1", "CA1", STREAM);
  const told = [writer.media(QUIET8), writer.media(null), writer.media(QUIET8)].map((one) => one && JSON.parse(one).media);
  assert.equal(told[1], null);
  assert.deepEqual([told[0].timestamp, told[2].timestamp, told[2].chunk], ["171", "211", "2"]);
});

const QUIET8 = new Uint8Array(FRAME).fill(0xff);

test("what a server may send is read", () => {
  const sound = read(JSON.stringify({ event: "media", streamSid: STREAM, media: { payload: "//8=" } }), STREAM);
  assert.deepEqual(sound, { kind: "sound", codes: Uint8Array.of(255, 255) });
  assert.deepEqual(read(JSON.stringify({ event: "clear", streamSid: STREAM }), STREAM), { kind: "clear" });
  const mark = read(JSON.stringify({ event: "mark", streamSid: STREAM, mark: { name: "a" } }), STREAM);
  assert.deepEqual(mark, { kind: "mark", name: "a" });
});

test("what Twilio would drop without a word is refused with its error code", () => {
  const wrong: [unknown, number][] = [
    [new ArrayBuffer(2), 31950],
    ["{", 31951],
    ["[]", 31951],
    [{ event: "stop", streamSid: STREAM }, 31951],
    [{ event: "clear", streamSid: "MZ0" }, 31951],
    [{ event: "media", stream_sid: STREAM, media: { payload: "//8=" } }, 31951],
    [{ event: "media", streamSid: STREAM, media: { payload: "//8=", track: "outbound" } }, 31951],
    [{ event: "media", streamSid: STREAM, media: { payload: "not base64!" } }, 31951],
    [{ event: "mark", streamSid: STREAM, mark: { name: "" } }, 31951],
  ];
  for (const [message, code] of wrong) {
    const raw = typeof message === "string" || message instanceof ArrayBuffer ? message : JSON.stringify(message);
    const got = read(raw, STREAM);
    assert.equal(got.kind === "refusal" && got.code, code, String(raw));
  }
});

// ---- a slow network

test("a fast network hands on at once", () => {
  const network = new Network<string>();
  network.send("a", 0);
  assert.deepEqual(network.due(0), ["a"]);
});

test("a slow network is late and keeps the order", () => {
  const network = new Network<number>(random());
  network.pace = { delayMs: 300, jitterMs: 200 };
  for (let number = 0; number < 20; number++) network.send(number, number * 20);
  assert.deepEqual(network.due(299), []);
  assert.deepEqual(network.due(1_000), Array.from({ length: 20 }, (_, number) => number));
});

test("what was slow is not overtaken when the network is fast again", () => {
  const network = new Network<string>();
  network.pace = { delayMs: 300, jitterMs: 0 };
  network.send("slow", 0);
  network.pace = { delayMs: 0, jitterMs: 0 };
  network.send("fast", 20);
  assert.deepEqual(network.due(100), []);
  assert.deepEqual(network.due(300), ["slow", "fast"]);
});

// ---- the meter

function measured(meter: Meter, frames: number, spoken: number, heard: number): Measured[] {
  return Array.from({ length: frames }, () => meter.frame(spoken, heard)).flat();
}

test("an answer is timed from the end of the caller's speech", () => {
  const meter = new Meter();
  assert.deepEqual(measured(meter, 10, 0, 0), []);
  assert.deepEqual(measured(meter, 50, 0, 2000), [{ kind: "first", ms: 200 }]);
  measured(meter, 50, 0, 0);
  measured(meter, 50, 2000, 0);
  measured(meter, 35, 0, 0);
  assert.deepEqual(measured(meter, 10, 0, 2000), [{ kind: "answer", ms: 700 }]);
});

test("pauses between the caller's words end nothing", () => {
  const meter = new Meter();
  measured(meter, 10, 0, 2000);
  measured(meter, 50, 0, 0);
  measured(meter, 20, 2000, 0);
  measured(meter, 8, 0, 0);
  measured(meter, 20, 2000, 0);
  measured(meter, 20, 0, 0);
  assert.deepEqual(measured(meter, 1, 0, 2000), [{ kind: "answer", ms: 400 }]);
});

test("an interruption is timed from its onset to silence", () => {
  const meter = new Meter();
  measured(meter, 50, 0, 2000);
  measured(meter, 20, 2000, 2000);
  assert.deepEqual(meter.cleared(), [{ kind: "bargeIn", ms: 400 }]);
  const unasked = new Meter();
  measured(unasked, 50, 0, 2000);
  measured(unasked, 20, 2000, 2000);
  assert.deepEqual(measured(unasked, 20, 2000, 0), [{ kind: "bargeIn", ms: 400 }]);
});

test("a click is no interruption", () => {
  const meter = new Meter();
  measured(meter, 50, 0, 2000);
  measured(meter, 2, 2000, 2000);
  assert.deepEqual(measured(meter, 30, 0, 0), []);
});

test("the middle of what was measured", () => {
  assert.equal(median([]), null);
  assert.equal(median([900, 100, 500]), 500);
});

// ---- the recording

test("a recording has the caller left and the assistant right", () => {
  const recording = new Recording();
  assert.ok(recording.empty);
  recording.add(Int16Array.of(1, 2), Int16Array.of(-1, -2));
  const wav = recording.wav();
  assert.equal(String.fromCharCode(...wav.subarray(0, 4)), "RIFF");
  assert.equal(wav.length, 44 + 8);
  assert.deepEqual([...new Int16Array(wav.slice(44).buffer)], [1, -1, 2, -2]);
});
