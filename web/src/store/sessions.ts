// The list of sessions: read from the gateway, searched by the gateway, kept fresh by its events.
import { signal } from "@preact/signals";
import { isRecord, records, text } from "../wire/frames";
import { clearChat, closeChat } from "./chats";
import { hello, onEvent, online, onRead, request } from "./gateway";
import { navigate, route } from "./route";
import { applyChange, readSession, type SessionRow, sorted } from "./session-rows";

export { type SessionRow, titleOfKey } from "./session-rows";

export const sessions = signal<SessionRow[]>([]);
export const found = signal<SessionRow[] | null>(null);
export const query = signal("");
export const moreSessions = signal(false);
export const sessionsLoaded = signal(false);

const PAGE = 100;
const SEARCH_DELAY_MS = 180;
const RELOAD_DELAY_MS = 250;
let searchTimer: ReturnType<typeof setTimeout> | undefined;
let reloadTimer: ReturnType<typeof setTimeout> | undefined;
let limit = PAGE;

export function search(words: string): void {
  query.value = words;
  clearTimeout(searchTimer);
  if (words.trim() === "") {
    found.value = null;
    return;
  }
  searchTimer = setTimeout(() => void runSearch(words.trim()), SEARCH_DELAY_MS);
}

async function runSearch(words: string): Promise<void> {
  try {
    const rows = await list({ search: words, limit: PAGE });
    if (query.peek().trim() === words) found.value = rows.rows;
  } catch {
    if (query.peek().trim() === words) found.value = [];
  }
}

export async function createSession(agentId: string | undefined): Promise<void> {
  const answer = await request<unknown>("sessions.create", agentId ? { agentId } : {});
  const key = isRecord(answer) ? text(answer.key) : undefined;
  if (!key) throw new Error("the gateway named no session");
  search("");
  navigate({ page: "chat", session: key });
  void load();
}

export async function renameSession(key: string, label: string): Promise<void> {
  await request("sessions.patch", { key, label: label.trim() === "" ? null : label.trim() });
  await load();
}

export async function deleteSession(key: string): Promise<void> {
  await request("sessions.delete", { key });
  forget(key);
}

export function showMore(): void {
  limit += PAGE;
  void load();
}

function forget(key: string): void {
  sessions.value = sessions.peek().filter((row) => row.key !== key);
  if (found.peek()) found.value = found.peek()?.filter((row) => row.key !== key) ?? null;
  closeChat(key);
  const here = route.peek();
  if (here.page === "chat" && here.session === key)
    navigate({ page: "chat", session: hello.peek()?.mainSessionKey });
}

async function list(params: object): Promise<{ rows: SessionRow[]; hasMore: boolean }> {
  const answer = await request<unknown>("sessions.list", {
    ...params,
    includeDerivedTitles: true,
    includeLastMessage: true,
  });
  const body = isRecord(answer) ? answer : {};
  const rows = records(body.sessions).flatMap((row) => readSession(row) ?? []);
  return { rows: sorted(rows), hasMore: body.hasMore === true };
}

async function load(): Promise<void> {
  if (!online.peek()) return;
  try {
    const { rows, hasMore } = await list({ limit });
    sessions.value = rows;
    moreSessions.value = hasMore;
    sessionsLoaded.value = true;
  } catch {
    // The next event or the next connection asks again.
  }
  if (query.peek().trim() !== "") void runSearch(query.peek().trim());
}

function loadSoon(): void {
  clearTimeout(reloadTimer);
  reloadTimer = setTimeout(() => void load(), RELOAD_DELAY_MS);
}

onEvent("sessions.changed", (payload) => {
  if (!isRecord(payload)) return;
  const key = text(payload.sessionKey) ?? text(payload.key);
  if (payload.reason === "delete" && key) return forget(key);
  if (payload.reason === "reset" && key) clearChat(key);
  const changed = applyChange(sessions.peek(), payload);
  if (changed) sessions.value = changed;
  // A title or preview may have been derived anew, which events need not carry.
  if (!changed || payload.phase === "end" || payload.reason === "send") loadSoon();
});

onRead(() => {
  request("sessions.subscribe").catch(() => undefined);
  void load();
});
