// The sessions opened in this tab: reads their transcripts, sends their messages, follows their runs.
import { batch, type Signal, signal } from "@preact/signals";
import { readHistory, readRow } from "../chat/content";
import { isRunning, nextToSend, reduceChat, wantsHistory } from "../chat/reduce";
import { type Attachment, type ChatAction, type ChatState, emptyChat, type OutboxItem } from "../chat/types";
import { isRecord, RequestError, text } from "../wire/frames";
import { onEvent, onLost, online, onRead, request } from "./gateway";
import { attempt, speak } from "./notices";
import { keepOutbox, readOutbox } from "./outbox";

const PAGE = 60;
const REREAD_DELAY_MS = 250;
/** A run that leaves no row behind must not make the page ask for ever. */
const REREADS = 4;
const RESEND_DELAY_MS = 1_500;

interface OpenChat {
  state: Signal<ChatState>;
  loadingOlder: Signal<boolean>;
  problem: Signal<string | null>;
  rereads: number;
  reading: boolean;
  readAgain: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const chats = new Map<string, OpenChat>();
const restored = readOutbox(sessionStorage);

export function openChat(sessionKey: string): OpenChat {
  const known = chats.get(sessionKey);
  if (known) return known;
  const chat: OpenChat = {
    state: signal(emptyChat(sessionKey)),
    loadingOlder: signal(false),
    problem: signal(null),
    rereads: 0,
    reading: false,
    readAgain: false,
    timer: undefined,
  };
  chats.set(sessionKey, chat);
  if (online.peek()) begin(chat);
  return chat;
}

export function send(sessionKey: string, message: string, attachments: Attachment[]): void {
  const chat = openChat(sessionKey);
  const item = { key: crypto.randomUUID(), sessionKey, text: message, attachments, createdAt: Date.now() };
  dispatch(chat, { type: "queued", item });
  void pump(chat);
}

export function resend(sessionKey: string, key: string): void {
  const chat = openChat(sessionKey);
  dispatch(chat, { type: "unsent", key });
  void pump(chat);
}

export function discard(sessionKey: string, key: string): void {
  dispatch(openChat(sessionKey), { type: "discarded", key });
}

export function stop(sessionKey: string): Promise<boolean> {
  return attempt("Could not stop", () => request("chat.abort", { sessionKey }));
}

export async function loadOlder(sessionKey: string): Promise<void> {
  const chat = openChat(sessionKey);
  if (chat.loadingOlder.peek() || !chat.state.peek().hasOlder || !online.peek()) return;
  chat.loadingOlder.value = true;
  const offset = chat.state.peek().history.length;
  try {
    const payload = await request("chat.history", { sessionKey, limit: PAGE, offset });
    dispatch(chat, {
      type: "history",
      payload: readHistory(payload),
      mode: "older",
      askedAt: 0,
      now: Date.now(),
    });
  } catch {
    // The next scroll asks again.
  } finally {
    chat.loadingOlder.value = false;
  }
}

/** Forgets what is shown of a session that was reset; the transcript is read again. */
export function clearChat(sessionKey: string): void {
  const chat = chats.get(sessionKey);
  if (!chat) return;
  dispatch(chat, { type: "cleared" });
  void read(chat);
}

export function closeChat(sessionKey: string): void {
  chats.delete(sessionKey);
  keep();
}

export function reread(sessionKey: string): void {
  const chat = chats.get(sessionKey);
  if (chat) void read(chat);
}

function begin(chat: OpenChat): void {
  const key = chat.state.peek().sessionKey;
  chat.rereads = 0;
  // Rows by event make an answer's stored row appear at once; without them the re-read after its end does.
  request("sessions.messages.subscribe", { key }).catch(() => undefined);
  void read(chat);
  void pump(chat);
}

async function read(chat: OpenChat): Promise<void> {
  if (!online.peek()) return;
  if (chat.reading) {
    chat.readAgain = true;
    return;
  }
  chat.reading = true;
  const asked = chat.state.peek();
  try {
    const payload = await request("chat.history", { sessionKey: asked.sessionKey, limit: PAGE });
    chat.problem.value = null;
    const page = readHistory(payload);
    dispatch(chat, { type: "history", payload: page, mode: "latest", askedAt: asked.clock, now: Date.now() });
  } catch (error) {
    const closed = error instanceof RequestError && error.code === "CLOSED";
    if (!closed && !asked.loaded) chat.problem.value = error instanceof Error ? error.message : String(error);
  } finally {
    chat.reading = false;
    if (chat.readAgain) {
      chat.readAgain = false;
      void read(chat);
    }
  }
}

/** Sends what is queued, one message at a time; the key stays the same however often it takes. */
async function pump(chat: OpenChat): Promise<void> {
  const item = online.peek() ? nextToSend(chat.state.peek()) : undefined;
  if (!item) return;
  dispatch(chat, { type: "sending", key: item.key });
  try {
    const answer = await request<unknown>("chat.send", sendParams(item));
    const runId = (isRecord(answer) ? text(answer.runId) : undefined) ?? item.key;
    const ended = isRecord(answer) && answer.status === "ok";
    dispatch(chat, { type: "accepted", key: item.key, runId, ended, now: Date.now() });
  } catch (error) {
    if (failed(chat, item, error)) return;
  }
  void pump(chat);
}

/** Returns true when sending has to wait. */
function failed(chat: OpenChat, item: OutboxItem, error: unknown): boolean {
  const retry = !(error instanceof RequestError) || error.retryable;
  if (!retry) {
    dispatch(chat, { type: "failed", key: item.key, error: error.message });
    return false;
  }
  dispatch(chat, { type: "unsent", key: item.key });
  const delay = (error instanceof RequestError ? error.retryAfterMs : undefined) ?? RESEND_DELAY_MS;
  // After a loss the new connection pumps; otherwise the gateway was busy.
  if (online.peek()) setTimeout(() => void pump(chat), delay);
  return true;
}

function sendParams(item: OutboxItem): object {
  return {
    sessionKey: item.sessionKey,
    message: item.text,
    idempotencyKey: item.key,
    ...(item.attachments.length > 0 ? { attachments: item.attachments } : {}),
  };
}

function dispatch(chat: OpenChat, action: ChatAction): void {
  const before = chat.state.peek();
  const after = reduceChat(before, action);
  chat.state.value = after;
  if (before.outbox !== after.outbox) keep();
  if (action.type === "accepted" || (isRunning(before) && !isRunning(after))) chat.rereads = 0;
  if (action.type !== "history" || wantsHistory(after)) later(chat);
  announce(before, after);
}

function later(chat: OpenChat): void {
  if (chat.timer !== undefined || chat.rereads >= REREADS || !wantsHistory(chat.state.peek())) return;
  const delay = REREAD_DELAY_MS * 2 ** chat.rereads;
  chat.rereads += 1;
  chat.timer = setTimeout(() => {
    chat.timer = undefined;
    if (wantsHistory(chat.state.peek())) void read(chat);
  }, delay);
}

function announce(before: ChatState, after: ChatState): void {
  for (const run of after.runs) {
    const was = before.runs.find((other) => other.runId === run.runId);
    if (was === undefined && run.state === "running") speak("Answering");
    if (was?.state === "running" && run.state === "final") speak(run.text);
    if (was?.state === "running" && run.state === "aborted") speak("Stopped");
    if (was?.state === "running" && run.state === "error") speak(`Failed: ${run.error ?? ""}`);
  }
}

function keep(): void {
  const waiting = restored.filter((item) => !chats.has(item.sessionKey));
  keepOutbox(
    sessionStorage,
    [...chats.values()].map((chat) => chat.state.peek()),
    waiting,
  );
}

function forSession(payload: unknown, act: (chat: OpenChat, payload: Record<string, unknown>) => void): void {
  if (!isRecord(payload) || typeof payload.sessionKey !== "string") return;
  const chat = chats.get(payload.sessionKey);
  if (chat) batch(() => act(chat, payload));
}

onEvent("chat", (payload) =>
  forSession(payload, (chat, event) => dispatch(chat, { type: "chat", payload: event, now: Date.now() })),
);
onEvent("agent", (payload) =>
  forSession(payload, (chat, event) => dispatch(chat, { type: "agent", payload: event, now: Date.now() })),
);
onEvent("session.message", (payload) =>
  forSession(payload, (chat, event) => {
    if (!isRecord(event.message)) return;
    const message = { ...event.message };
    if (!isRecord(message.__openclaw)) message.__openclaw = { id: event.messageId, seq: event.messageSeq };
    dispatch(chat, { type: "message", row: readRow(message, Number.MAX_SAFE_INTEGER) });
  }),
);

onRead(() => {
  // What an earlier life of this tab left unsent goes out first.
  for (const item of restored.splice(0)) dispatch(openChat(item.sessionKey), { type: "queued", item });
  for (const chat of chats.values()) begin(chat);
});

onLost(() => {
  for (const chat of chats.values()) dispatch(chat, { type: "disconnected" });
});
