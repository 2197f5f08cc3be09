// Short notices at the edge of the page, and what a screen reader is told.
import { signal } from "@preact/signals";

export interface Notice {
  id: number;
  text: string;
  tone: "info" | "bad";
}

export const notices = signal<Notice[]>([]);
/** Text of the polite live region. */
export const spoken = signal("");

const SHOWN_MS = 6_000;
const SPOKEN_CHARS = 600;
let counter = 0;

export function notify(text: string, tone: Notice["tone"] = "info"): void {
  counter += 1;
  const notice = { id: counter, text, tone };
  notices.value = [...notices.value.slice(-2), notice];
  setTimeout(() => dismiss(notice.id), SHOWN_MS);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

export function speak(text: string): void {
  spoken.value = text.length > SPOKEN_CHARS ? `${text.slice(0, SPOKEN_CHARS)} …` : text;
}

/** Runs something the person asked for; a failure is shown, not thrown. Returns whether it worked. */
export async function attempt(what: string, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    notify(`${what}: ${error instanceof Error ? error.message : String(error)}`, "bad");
    return false;
  }
}
