// A greeting is heard at a press; where the model has to say it first, that is waited for.
const AGAIN_MS = 800;
const BEING_MADE = 202;
const MOST_TRIES = 60;
let playing: HTMLAudioElement | null = null;

async function sound(address: string, waiting: () => void): Promise<Blob | null> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const answer = await fetch(address);
    if (answer.status !== BEING_MADE) return answer.ok ? answer.blob() : null;
    waiting();
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
  return null;
}

/** Press again to stop. */
export async function heard(link: HTMLAnchorElement): Promise<void> {
  const text = link.querySelector<HTMLElement>("[data-hear-text]")!;
  const words = (link.dataset.words ??= text.textContent ?? "");
  const before = playing;
  playing?.pause();
  playing = null;
  if (before?.dataset.of === link.href) return;
  const found = await sound(link.href, () => (text.textContent = link.dataset.waiting ?? ""));
  text.textContent = found ? words : (link.dataset.none ?? words);
  if (!found) return;
  playing = new Audio(URL.createObjectURL(found));
  playing.dataset.of = link.href;
  const mine = playing;
  link.classList.add("is-playing");
  const over = () => {
    link.classList.remove("is-playing");
    URL.revokeObjectURL(mine.src);
    if (playing === mine) playing = null;
  };
  playing.addEventListener("ended", over);
  playing.addEventListener("pause", over);
  await playing.play();
}
