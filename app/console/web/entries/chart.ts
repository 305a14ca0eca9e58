// A chart: `<div data-chart='{"x":[…seconds],"series":[{"label":"…","values":[…],"unit":"ms"}]}'></div>`.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { language, millis, usd } from "../shared/figures";
import { onEach, told } from "../shared/page";

interface Told {
  x: number[];
  when?: string;
  series: { label: string; values: (number | null)[]; unit?: string; fill?: boolean }[];
  marks?: { x: number; label: string }[];
}

const COLOURS = ["--chart-1", "--chart-2", "--chart-3", "--chart-4"];
const HEIGHT = 220;
const DAY_S = 86_400;
const SHOWN: Record<string, (value: number) => string> = { ms: millis, USD: usd };

const plain = (value: number) => value.toLocaleString(language);
const written = (form: Intl.DateTimeFormatOptions) => (s: number) => new Intl.DateTimeFormat(language, form).format(s * 1_000);
const hour = written({ hour: "numeric", minute: "2-digit" });
const day = written({ day: "numeric", month: "short" });
const moment = written({ dateStyle: "medium", timeStyle: "short" });

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function drawn(place: HTMLElement, data: Told): uPlot {
  const ink = colour("--chart-ink");
  const axis: uPlot.Axis = {
    stroke: ink,
    grid: { stroke: colour("--chart-grid"), width: 1 },
    ticks: { show: false },
    font: "12px Inter, system-ui, sans-serif",
  };
  const series = data.series.map((one, at): uPlot.Series => {
    const stroke = colour(COLOURS[at % COLOURS.length]!);
    const value = (_: uPlot, shown: number | null) => (shown == null ? "–" : (SHOWN[one.unit ?? ""] ?? plain)(shown));
    return { label: one.label, stroke, width: 2, points: { size: 5 }, spanGaps: false, value, ...(one.fill ? { fill: `${stroke}22` } : {}) };
  });
  return new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      series: [{ label: data.when ?? "", value: (_, at) => (at == null ? "–" : moment(at)) }, ...series],
      axes: [
        { ...axis, values: (_, at, __, ___, step) => at.map(step >= DAY_S ? day : hour) },
        { ...axis, size: 56, values: (_, at) => at.map(plain) },
      ],
      scales: { y: { range: (_, low, high) => [Math.min(0, low), (high || 1) * 1.1] } },
      legend: { live: true },
    },
    [data.x, ...data.series.map((one) => one.values)],
    place,
  );
}

onEach("[data-chart]", (place) => {
  const data = told<Told>(place, "chart");
  let chart = drawn(place, data);
  new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  document.addEventListener("frontline:theme", () => {
    chart.destroy();
    chart = drawn(place, data);
  });
});
