// What an editor asks of the house: to keep a file of the draft, and what `check` finds in it.

export interface Problem {
  line: number;
  what: string;
  severity: "error" | "hint";
}

export interface Proof {
  revision: number;
  problems: Record<string, Problem[]>;
  changed: string[];
  panel: string;
}

/** Somebody was faster: what is kept now; `revision` 0 where there is no draft any more, `text` null where no such file. */
export interface Clash {
  revision: number;
  by: string;
  text: string | null;
}

const JSON_ONLY = { Accept: "application/json" };

/** The draft's new revision, or the clash. Throws where the house does not answer. */
export async function saved(address: string, file: string, text: string, revision: number): Promise<number | Clash> {
  const body = new URLSearchParams({ file, text, revision: String(revision) });
  const answer = await fetch(address, { method: "POST", body, headers: JSON_ONLY });
  if (!answer.ok) throw new Error(`${answer.status}`);
  const told = (await answer.json()) as { revision: number; clash?: Clash };
  return told.clash ?? told.revision;
}

export async function proven(address: string, signal: AbortSignal): Promise<Proof> {
  const answer = await fetch(`${address}/proof`, { headers: JSON_ONLY, signal });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return (await answer.json()) as Proof;
}
