/** Links for one call of a line, for people without an account. */

import { choice, element, field, shown } from "./dom";
import type { Server, Wish } from "./server";
import type { Texts } from "./texts";

/** A form that makes a link for what is chosen, and shows it, and the frame that puts it into another page. */
export function shareBox(texts: Texts, server: Server, wish: () => Wish, complain: (error: unknown) => void): HTMLElement {
  const [lastsBox, lasts] = choice(texts.lasts, [["1", texts.hour], ["24", texts.day], ["168", texts.week]]);
  const [linkBox, link] = field(texts.linkLabel, "", { readonly: true });
  const [frameBox, frame] = field(texts.embedLabel, "", { readonly: true });
  const made = element("div", { hidden: true, "aria-live": "polite" }, linkBox, frameBox);
  const make = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      link.value = location.origin + (await server.makeLink(wish(), Number(lasts.value)));
      frame.value = `<iframe src="${link.value}" allow="microphone; autoplay" width="480" height="760"></iframe>`;
      shown(made, true);
      link.select();
    } catch (error) {
      complain(error);
    }
  };
  const button = element("button", { type: "submit", class: "btn" }, texts.makeLink);
  const form = element("form", { submit: (event) => void make(event) }, lastsBox, button);
  return element("details", { class: "mt-3" }, element("summary", {}, texts.share), element("p", { class: "form-hint" }, texts.shareHint), form, made);
}
