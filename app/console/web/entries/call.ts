// A call's page: its sound, its axis and its words go together.
import { onEach } from "../shared/page";

onEach<HTMLElement>("[data-call]", (card) => {
  const lasts = Number(card.dataset.lasts);
  const sound = card.querySelector<HTMLAudioElement>("[data-sound]");
  const began = Number(sound?.dataset.began ?? 0);
  const axis = card.querySelector<SVGSVGElement>("[data-axis]");
  const head = card.querySelector<SVGLineElement>("[data-head]");
  const turns = [...document.querySelectorAll<HTMLElement>("[data-transcript] [data-from]")];
  let zoom = 1;

  const spot = (at: number, follow: boolean): void => {
    const share = `${Math.min(100, (at / lasts) * 100)}%`;
    head?.setAttribute("x1", share);
    head?.setAttribute("x2", share);
    let now: HTMLElement | undefined;
    for (const turn of turns) {
      if (Number(turn.dataset.from) > at + 0.05) break;
      now = turn;
    }
    for (const turn of turns) turn.classList.toggle("is-now", turn === now);
    if (follow) now?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  };
  const seek = (at: number): void => {
    if (sound) sound.currentTime = Math.max(0, at - began);
    spot(at, true);
  };

  sound?.addEventListener("timeupdate", () => spot(sound.currentTime + began, !sound.paused));
  axis?.addEventListener("click", (event) => {
    const region = (event.target as Element).closest<SVGRectElement>("[data-from]");
    const box = axis.getBoundingClientRect();
    seek(region ? Number(region.dataset.from) : ((event.clientX - box.left) / box.width) * lasts);
  });
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const at = target.closest<HTMLElement>("[data-seek]")?.dataset.seek;
    if (at !== undefined) {
      event.preventDefault();
      seek(Number(at));
    }
    const step = target.closest<HTMLElement>("[data-zoom]")?.dataset.zoom;
    if (step !== undefined && axis) {
      zoom = Math.min(16, Math.max(1, zoom * (step === "1" ? 2 : 0.5)));
      axis.setAttribute("width", `${zoom * 100}%`);
    }
    if (target.closest("[data-copy-here]")) {
      void navigator.clipboard.writeText(location.href);
      target.closest("[data-copy-here]")?.classList.add("copied");
    }
  });
  card.querySelector<HTMLSelectElement>("[data-speed]")?.addEventListener("change", (event) => {
    if (sound) sound.playbackRate = Number((event.target as HTMLSelectElement).value);
  });
  // A link to a moment: #t=12.5
  const moment = /[#&]t=([\d.]+)/.exec(location.hash);
  if (moment) seek(Number(moment[1]));
});
