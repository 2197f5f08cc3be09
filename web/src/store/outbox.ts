// Unsent messages survive a reload of the tab: sessionStorage keeps them until the gateway has accepted them.
import type { ChatState, OutboxItem } from "../chat/types";

type Kept = Omit<OutboxItem, "state" | "error" | "order">;

const KEY = "landline.outbox";

/** Minimal storage, so that tests need no browser. */
export interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export function keepOutbox(
  storage: Storage,
  chats: Iterable<ChatState>,
  unopened: readonly Kept[] = [],
): void {
  const kept: Kept[] = [...unopened];
  for (const chat of chats) {
    for (const item of chat.outbox) {
      if (item.state === "accepted") continue;
      const { key, sessionKey, text, attachments, createdAt } = item;
      kept.push({ key, sessionKey, text, attachments, createdAt });
    }
  }
  try {
    if (kept.length === 0) storage.removeItem(KEY);
    else storage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // Full (large attachments) or forbidden: the messages stay queued in memory.
  }
}

export function readOutbox(storage: Storage): Kept[] {
  try {
    const value: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(value) ? value.filter(isKept) : [];
  } catch {
    return [];
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== "object" || value === null) return false;
  const item = value as Record<string, unknown>;
  return (
    typeof item.key === "string" &&
    typeof item.sessionKey === "string" &&
    typeof item.text === "string" &&
    typeof item.createdAt === "number" &&
    Array.isArray(item.attachments)
  );
}
