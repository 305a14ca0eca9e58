// A chart: `<div data-chart='{"x":[…seconds],"series":[{"label":"…","values":[…],"unit":"ms"}]}'></div>`.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { onEach, told } from "../shared/page";

interface Told {
  x: number[];
  series: { label: string; values: (number | null)[]; unit?: string; fill?: boolean }[];
  marks?: { x: number; label: string }[];
}

const COLOURS = ["--chart-1", "--chart-2", "--chart-3", "--chart-4"];
const HEIGHT = 220;

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
    const value = (_: uPlot, shown: number | null) => (shown == null ? "–" : `${shown.toLocaleString()}${one.unit ? ` ${one.unit}` : ""}`);
    return { label: one.label, stroke, width: 2, points: { size: 5 }, spanGaps: false, value, ...(one.fill ? { fill: `${stroke}22` } : {}) };
  });
  return new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      series: [{}, ...series],
      axes: [axis, { ...axis, size: 56 }],
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
