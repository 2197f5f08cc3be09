// The chat reducer: transcript + events + outbox → state. Pure, so that every order of arrival can be tested.
import { text } from "../wire/frames";
import { textOf } from "./content";
import { applyAgent, applyChat, newRun, settle } from "./runs";
import type { ChatAction, ChatState, HistoryPage, HistoryRow, LiveRun, OutboxItem } from "./types";

const UNNAMED_ROWS = 10;

export function reduceChat(state: ChatState, action: ChatAction): ChatState {
  const next = { ...state, clock: state.clock + 1 };
  switch (action.type) {
    case "history":
      return tidy(takeHistory(next, action), action.askedAt);
    case "message":
      return tidy({ ...next, history: merge(next.history, [{ ...action.row, arrived: next.clock }]) });
    case "chat":
      return tidy(
        withRun(next, action.payload, action.now, (run) => applyChat(run, action.payload, action.now)),
      );
    case "agent":
      return tidy(withRun(next, action.payload, action.now, (run) => applyAgent(run, action.payload)));
    case "queued":
      return enqueue(next, action.item);
    case "sending":
      return patchItem(next, action.key, { state: "sending", error: undefined });
    case "accepted":
      return tidy(accept(next, action));
    case "unsent":
      return patchItem(next, action.key, { state: "queued", error: undefined });
    case "failed":
      return patchItem(next, action.key, { state: "failed", error: action.error });
    case "discarded":
      return { ...next, outbox: next.outbox.filter((item) => item.key !== action.key) };
    case "disconnected":
      return { ...next, outbox: next.outbox.map(resendable) };
    case "cleared":
      return {
        ...next,
        history: [],
        runs: [],
        hasOlder: false,
        outbox: next.outbox.filter((item) => item.state !== "accepted"),
      };
  }
}

/** Whether the transcript should be read again: something ended whose stored row this page has not seen. */
export function wantsHistory(state: ChatState): boolean {
  if (!state.loaded) return true;
  if (state.runs.some((run) => run.state !== "running" && run.text !== "" && !covers(state.history, run)))
    return true;
  const running = new Set(state.runs.filter((run) => run.state === "running").map((run) => run.runId));
  return state.outbox.some((item) => item.state === "accepted" && !running.has(item.key));
}

export function isRunning(state: ChatState): boolean {
  return state.runs.some((run) => run.state === "running");
}

/** Returns the message to send next: one at a time, in the order they were written. */
export function nextToSend(state: ChatState): OutboxItem | undefined {
  if (state.outbox.some((item) => item.state === "sending")) return undefined;
  return state.outbox.find((item) => item.state === "queued");
}

/** Whether the transcript already holds what this run said; spacing between its parts does not matter. */
export function covers(history: HistoryRow[], run: LiveRun): boolean {
  const rows = rowsOf(history, run.runId);
  if (rows.length === 0) return coversUnnamed(history, run);
  const stored = squeeze(rows.map((row) => textOf(row.parts)).join(""));
  return stored.includes(squeeze(run.text));
}

/** Rows that no run wrote (an injected note) name none: the newest ones are compared by what they say. */
function coversUnnamed(history: HistoryRow[], run: LiveRun): boolean {
  const said = squeeze(run.text);
  if (said === "") return false;
  const newest = history
    .slice(-UNNAMED_ROWS)
    .filter((row) => row.role === "assistant" && row.runId === undefined);
  return newest.some((row) => squeeze(textOf(row.parts)) === said);
}

export function rowsOf(history: HistoryRow[], runId: string): HistoryRow[] {
  return history.filter((row) => row.role === "assistant" && row.runId === runId);
}

function squeeze(value: string): string {
  return value.replace(/\s+/g, "");
}

export function userKey(key: string): string {
  return `${key}:user`;
}

function takeHistory(state: ChatState, action: Extract<ChatAction, { type: "history" }>): ChatState {
  const { payload, mode, askedAt } = action;
  if (mode === "older") {
    return { ...state, history: merge(state.history, payload.rows), hasOlder: payload.hasMore };
  }
  const older = olderThan(state.history, payload);
  // Rows that came by event after the question was asked are newer than the answer.
  const newer = state.history.filter((row) => row.arrived > askedAt);
  const read: ChatState = {
    ...state,
    loaded: true,
    history: merge(older, merge(newer, payload.rows)),
    hasOlder: older.length > 0 ? state.hasOlder : payload.hasMore,
  };
  return takeActive(read, payload, askedAt, action.now);
}

/**
 * Returns the known rows that stay in front of a newest page. When the page does not reach back to a known row, rows in
 * between are missing: then only the page is kept, and older ones are read again on scrolling.
 */
function olderThan(known: HistoryRow[], page: HistoryPage): HistoryRow[] {
  const ids = new Set(known.map((row) => row.id));
  if (!page.hasMore || !page.rows.some((row) => ids.has(row.id))) return [];
  const oldest = Math.min(...page.rows.map((row) => row.seq));
  return known.filter((row) => row.seq < oldest);
}

function takeActive(state: ChatState, page: HistoryPage, askedAt: number, now: number): ChatState {
  const active = new Set(page.activeRunIds);
  if (page.inFlight) active.add(page.inFlight.runId);
  let runs = state.runs.map((run) => {
    // Not running any more, and it did not start after the question was asked: its end was missed.
    const ended = run.state === "running" && !active.has(run.runId) && run.order <= askedAt;
    if (!ended || waitsForAnswer(state, run)) return run;
    return { ...settle(run, "final", now), presumed: true, endedOrder: askedAt };
  });
  for (const runId of active) {
    if (!runs.some((run) => run.runId === runId)) runs = [...runs, newRun(runId, state.clock, now)];
  }
  const inFlight = page.inFlight;
  if (inFlight) runs = runs.map((run) => (run.runId === inFlight.runId ? catchUp(run, inFlight) : run));
  return { ...state, runs };
}

/** An accepted message whose row is not stored yet cannot have been answered. */
function waitsForAnswer(state: ChatState, run: LiveRun): boolean {
  const mine = state.outbox.some((item) => item.key === run.runId);
  return mine && !state.history.some((row) => row.idempotencyKey === userKey(run.runId));
}

function catchUp(run: LiveRun, inFlight: NonNullable<HistoryPage["inFlight"]>): LiveRun {
  if (run.state !== "running") return run;
  const longer = inFlight.text.length > run.text.length;
  const started = inFlight.startedAt > 0 ? inFlight.startedAt : run.startedAt;
  const caught = { ...run, text: longer ? inFlight.text : run.text, startedAt: started };
  return inFlight.events.reduce<LiveRun>(
    (current, event) => (event.stream === undefined ? current : applyAgent(current, event)),
    caught,
  );
}

function withRun(
  state: ChatState,
  payload: Record<string, unknown>,
  now: number,
  change: (run: LiveRun) => LiveRun,
): ChatState {
  const runId = text(payload.runId);
  if (!runId) return state;
  const known = state.runs.find((run) => run.runId === runId);
  const apply = (run: LiveRun) => dated(change(run), state.clock);
  if (known) return { ...state, runs: state.runs.map((run) => (run === known ? apply(run) : run)) };
  // A late event of a run whose answer is already in the transcript.
  if (state.history.some((row) => row.role === "assistant" && row.runId === runId)) return state;
  return { ...state, runs: [...state.runs, apply(newRun(runId, state.clock, now))] };
}

function dated(run: LiveRun, clock: number): LiveRun {
  if (run.state === "running") return run.endedOrder === undefined ? run : { ...run, endedOrder: undefined };
  return run.endedOrder === undefined ? { ...run, endedOrder: clock } : run;
}

function enqueue(state: ChatState, item: Omit<OutboxItem, "state" | "error" | "order">): ChatState {
  const known = state.outbox.some((other) => other.key === item.key);
  if (known || state.history.some((row) => row.idempotencyKey === userKey(item.key))) return state;
  const queued: OutboxItem = { ...item, state: "queued", error: undefined, order: state.clock };
  return { ...state, outbox: [...state.outbox, queued] };
}

function accept(state: ChatState, action: Extract<ChatAction, { type: "accepted" }>): ChatState {
  const accepted = patchItem(state, action.key, { state: "accepted", error: undefined });
  const known = accepted.runs.some((run) => run.runId === action.runId);
  const stored = accepted.history.some((row) => row.role === "assistant" && row.runId === action.runId);
  if (known || stored || action.ended) return accepted;
  return { ...accepted, runs: [...accepted.runs, newRun(action.runId, accepted.clock, action.now)] };
}

function patchItem(state: ChatState, key: string, change: Partial<OutboxItem>): ChatState {
  return { ...state, outbox: state.outbox.map((item) => (item.key === key ? { ...item, ...change } : item)) };
}

/** Nobody answered before the connection went: the same key goes out again, and the gateway takes it once. */
function resendable(item: OutboxItem): OutboxItem {
  return item.state === "sending" ? { ...item, state: "queued" } : item;
}

/** Drops what the transcript has caught up with; `askedAt` dates the question when a page was just read. */
function tidy(state: ChatState, askedAt?: number): ChatState {
  const stored = new Set(state.history.map((row) => row.idempotencyKey));
  const outbox = state.outbox.filter((item) => !stored.has(userKey(item.key)));
  const runs = state.runs.filter((run) => !isSpent(state, run, askedAt));
  if (outbox.length === state.outbox.length && runs.length === state.runs.length) return state;
  return { ...state, outbox, runs };
}

function isSpent(state: ChatState, run: LiveRun, askedAt: number | undefined): boolean {
  if (run.state === "running") return false;
  if (covers(state.history, run)) return true;
  // A page read after the end is the truth, even when it words the answer differently.
  const asked = askedAt !== undefined && run.endedOrder !== undefined && run.endedOrder <= askedAt;
  if (asked && rowsOf(state.history, run.runId).length > 0) return true;
  // A silent end (steered into another run, or nothing to say) leaves no row behind.
  return run.state === "final" && run.text === "" && run.tools.length === 0;
}

function merge(known: HistoryRow[], fresh: HistoryRow[]): HistoryRow[] {
  const byId = new Map(known.map((row) => [row.id, row]));
  for (const row of fresh) byId.set(row.id, row);
  return [...byId.values()].sort((a, b) => a.seq - b.seq);
}
