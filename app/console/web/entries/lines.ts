// The pages of lines: the draft in its editors, two states of a file side by side, and greetings to be heard.
import "../styles/lines.css";
import { heard } from "../lines/hear";
import { onEach } from "../shared/page";

// The editor is large, and most pages of a line do without it.
onEach("[data-draft]", (page) => void import("../lines/draft").then(({ DraftPage }) => new DraftPage(page)));

onEach<HTMLDetailsElement>("[data-side-by-side]", (box) => {
  const text = (selector: string) => box.querySelector(selector)?.textContent ?? "";
  const draw = async () => {
    const place = box.querySelector<HTMLElement>("[data-sides]")!;
    Object.assign(place.dataset, { before: box.dataset.before, after: box.dataset.after });
    const { compare } = await import("./editor");
    compare(place, text("[data-old]"), text("[data-new]"), box.dataset.language ?? "");
  };
  box.hidden = false;
  box.addEventListener("toggle", () => void draw(), { once: true });
});

document.addEventListener("click", (event) => {
  const link = (event.target as HTMLElement).closest<HTMLAnchorElement>("[data-hear]");
  if (!link) return;
  event.preventDefault();
  void heard(link);
});
