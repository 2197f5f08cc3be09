// Rows of the session list: read from the wire, and changed by `sessions.changed` events.
import { number, text } from "../wire/frames";

export interface SessionRow {
  key: string;
  title: string;
  label: string | undefined;
  preview: string;
  agentId: string | undefined;
  /** The platform it is held on; none for chats of this page. */
  origin: string | undefined;
  updatedAt: number;
  running: boolean;
  isMain: boolean;
}

export function readSession(row: Record<string, unknown>): SessionRow | null {
  const key = text(row.key) ?? text(row.sessionKey);
  if (!key) return null;
  const label = text(row.label);
  const title = label || text(row.displayName) || text(row.derivedTitle) || titleOfKey(key);
  return {
    key,
    title,
    label,
    preview: unmarked(text(row.lastMessagePreview) ?? ""),
    agentId: text(row.agentId) ?? /^agent:([^:]+):/.exec(key)?.[1],
    origin: originOfKey(key),
    updatedAt: number(row.updatedAt) ?? 0,
    running: row.hasActiveRun === true,
    isMain: row.isMain === true || key.endsWith(":main"),
  };
}

/** Returns a line of markdown without its most common marks, for places that show plain text. */
function unmarked(line: string): string {
  return line.replace(/^\s*(?:#{1,6}|[-*>])\s+/, "").replace(/\*\*|__|`+/g, "");
}

/** Returns a name for a session that nobody named: the last part of its key, or "New chat" for a random one. */
export function titleOfKey(key: string): string {
  const last = key.split(":").at(-1) ?? key;
  if (last === "main") return "Main";
  return /^[0-9a-f-]{16,}$/i.test(last) ? "New chat" : last;
}

/** Returns the platform that a key names: `agent:ID:telegram:direct:7` is held on telegram. */
export function originOfKey(key: string): string | undefined {
  const [, , channel, ...rest] = key.split(":");
  return rest.some((part) => ["direct", "group", "channel"].includes(part)) ? channel : undefined;
}

/** Returns the list with one `sessions.changed` event applied, or null when the list has to be read again. */
export function applyChange(list: SessionRow[], change: Record<string, unknown>): SessionRow[] | null {
  const key = text(change.sessionKey) ?? text(change.key);
  if (!key) return null;
  if (change.reason === "delete") return list.filter((row) => row.key !== key);
  const known = list.find((row) => row.key === key);
  if (!known) return null;
  const fresh = readSession({ ...change, key });
  if (!fresh) return null;
  const named = "label" in change || "displayName" in change || "derivedTitle" in change;
  const merged: SessionRow = {
    ...known,
    title: named ? fresh.title : known.title,
    label: "label" in change ? fresh.label : known.label,
    preview: "lastMessagePreview" in change ? fresh.preview : known.preview,
    updatedAt: Math.max(known.updatedAt, fresh.updatedAt),
    running: runningAfter(known, change),
  };
  return sorted(list.map((row) => (row === known ? merged : row)));
}

function runningAfter(known: SessionRow, change: Record<string, unknown>): boolean {
  if (typeof change.hasActiveRun === "boolean") return change.hasActiveRun;
  if (change.phase === "start" || change.phase === "model") return true;
  if (change.phase === "end") return false;
  return known.running;
}

export function sorted(list: SessionRow[]): SessionRow[] {
  return [...list].sort((a, b) => b.updatedAt - a.updatedAt);
}
