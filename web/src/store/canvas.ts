// The canvas of the conversation that is open: whether there is one, whether it is in view, and where it is served.
import { signal } from "@preact/signals";
import { isRecord, text } from "../wire/frames";
import { hello, onEvent, onRead, request } from "./gateway";

export type View = "files" | "a2ui";

export interface Canvas {
  sessionKey: string;
  /** Whether there is anything to show. */
  filled: boolean;
  view: View;
  /** The file to begin with. */
  path: string;
  /** Whether the person sees it. */
  open: boolean;
  /** Where the frame gets it from; empty until it was asked for. */
  url: string;
}

export const canvas = signal<Canvas | null>(null);

/** Only what the gateway serves apart from the panel may be framed. */
const CAPABILITY = /^\/__landline__\/cap\/[A-Za-z0-9_-]{24}\//;

/** Reads the canvas of a conversation; what was another's is forgotten. */
export async function openCanvas(sessionKey: string): Promise<void> {
  if (canvas.peek()?.sessionKey !== sessionKey) canvas.value = null;
  if (!hello.peek()?.methods.includes("canvas.list")) return;
  const answer = await request<unknown>("canvas.list", { sessionKey });
  const body = isRecord(answer) ? answer : {};
  const shown = isRecord(body.shown) ? body.shown : null;
  const files = Array.isArray(body.files) ? body.files.length : 0;
  const filled = files > 0 || body.surfaces === true;
  const before = canvas.peek();
  await show({
    sessionKey,
    filled,
    view: viewOf(shown?.view) ?? (files > 0 ? "files" : "a2ui"),
    path: text(shown?.path) ?? "index.html",
    // A reconnect changes nothing about what the person chose to see.
    open: filled && (before?.sessionKey === sessionKey ? before.open : shown !== null),
    url: "",
  });
}

/** Opens or closes it; the choice is the person's until the agent presents something anew. */
export async function toggleCanvas(): Promise<void> {
  const now = canvas.peek();
  if (now) await show({ ...now, open: !now.open });
}

/** Returns what an event makes of a canvas. */
export function changed(
  now: Canvas,
  event: { action: string; view?: string | undefined; path?: string | undefined },
): Canvas {
  switch (event.action) {
    case "present":
      return {
        ...now,
        filled: true,
        open: true,
        view: viewOf(event.view) ?? "files",
        path: event.path ?? "index.html",
        url: "",
      };
    case "hide":
      return { ...now, open: false };
    case "write":
    case "a2ui":
      // The page shows the change by itself; here it only matters that there is something now.
      return { ...now, filled: true };
    default:
      return now;
  }
}

/** Returns the address to frame, if the answer holds one that may be. */
export function frameUrl(answer: unknown, view: View, path: string): string {
  const body = isRecord(answer) ? answer : {};
  const base = text(view === "files" ? body.filesPath : body.a2uiPath) ?? "";
  if (!CAPABILITY.test(base)) return "";
  return view === "files" ? base + path.split("/").map(encodeURIComponent).join("/") : base;
}

async function show(next: Canvas): Promise<void> {
  canvas.value = next;
  if (!next.open || next.url !== "") return;
  const { sessionKey, view, path } = next;
  const answer = await request<unknown>("plugin.surface.refresh", { surface: "canvas", sessionKey });
  const now = canvas.peek();
  // Something else may have been opened meanwhile.
  if (now?.sessionKey !== sessionKey || now.view !== view || now.path !== path) return;
  canvas.value = { ...now, url: frameUrl(answer, view, path) };
}

function viewOf(value: unknown): View | undefined {
  return value === "files" || value === "a2ui" ? value : undefined;
}

onEvent("canvas.changed", (payload) => {
  const now = canvas.peek();
  if (!now || !isRecord(payload) || payload.sessionKey !== now.sessionKey) return;
  const action = text(payload.action) ?? "";
  show(changed(now, { action, view: text(payload.view), path: text(payload.path) })).catch(() => undefined);
});
onRead(() => {
  // Addresses die with the connection that asked for them.
  const now = canvas.peek();
  if (now) openCanvas(now.sessionKey).catch(() => undefined);
});
