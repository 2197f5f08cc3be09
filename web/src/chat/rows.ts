// Turns the chat state into the rows that are shown. A row keeps its key from "sending" to "stored", so nothing flickers.
import { textOf } from "./content";
import { rowsOf, userKey } from "./reduce";
import type { ChatState, HistoryRow, LiveRun, OutboxItem, Part, ToolCall } from "./types";

export interface Row {
  key: string;
  role: "user" | "assistant";
  state: "sent" | "queued" | "sending" | "failed" | "streaming" | "final" | "aborted" | "error";
  parts: Part[];
  timestamp: number;
  runId: string | undefined;
  /** What the run is doing, or why it or the message failed. */
  note: string | undefined;
}

export function chatRows(state: ChatState): Row[] {
  const rows = historyRows(state);
  const pending = [
    ...state.outbox.map(outboxEntry),
    ...state.runs.map((run) => liveEntry(state.history, run)),
  ];
  pending.sort((a, b) => a.order - b.order);
  for (const entry of pending) place(rows, entry);
  return unique(rows);
}

interface Entry {
  order: number;
  row: Row;
  ended: boolean;
}

function historyRows(state: ChatState): Row[] {
  const running = new Set(state.runs.filter((run) => run.state === "running").map((run) => run.runId));
  const rows: Row[] = [];
  for (const stored of state.history) addStored(rows, stored);
  for (const row of rows) {
    if (row.runId === undefined || !running.has(row.runId)) row.parts = row.parts.map(finished);
  }
  return rows;
}

function addStored(rows: Row[], stored: HistoryRow): void {
  const last = rows.at(-1);
  if (stored.role === "other") return;
  if (stored.role === "toolResult") {
    addToolResult(rows, stored);
    return;
  }
  if (stored.role === "user") {
    rows.push({ ...storedRow(stored), role: "user", state: "sent", note: undefined });
    return;
  }
  const row: Row = {
    ...storedRow(stored),
    parts: answerParts(stored),
    role: "assistant",
    state: endState(stored),
    note: stored.errorMessage,
  };
  const open = last?.role === "assistant" ? last : undefined;
  const goesOn =
    open && (stored.runId !== undefined ? open.runId === stored.runId : open.parts.at(-1)?.kind === "tool");
  if (!goesOn) {
    rows.push(row);
    return;
  }
  open.parts.push(...row.parts);
  open.state = row.state;
  open.note = row.note ?? open.note;
}

function storedRow(stored: HistoryRow): Pick<Row, "key" | "parts" | "timestamp" | "runId"> {
  const key =
    stored.role === "user"
      ? (stored.idempotencyKey ?? stored.id)
      : stored.runId === undefined
        ? stored.id
        : `run:${stored.runId}`;
  return { key, parts: [...stored.parts], timestamp: stored.timestamp, runId: stored.runId };
}

/** A run that failed before it said anything is stored with its reason as text, which the row's foot says already. */
function answerParts(stored: HistoryRow): Part[] {
  const said = textOf(stored.parts).trim();
  if (said === "" || said !== stored.errorMessage?.trim()) return [...stored.parts];
  return stored.parts.filter((part) => part.kind !== "text");
}

function endState(stored: HistoryRow): Row["state"] {
  if (stored.stopReason === "aborted" || stored.stopReason === "rpc") return "aborted";
  if (stored.stopReason === "error" || stored.errorMessage !== undefined) return "error";
  return "final";
}

function addToolResult(rows: Row[], stored: HistoryRow): void {
  const part = stored.parts[0];
  if (part?.kind !== "tool") return;
  for (const row of rows.toReversed()) {
    const index = row.parts.findIndex((known) => known.kind === "tool" && known.tool.id === part.tool.id);
    const known = row.parts[index];
    if (known?.kind !== "tool" || part.tool.id === "") continue;
    row.parts[index] = {
      kind: "tool",
      tool: { ...known.tool, result: part.tool.result, state: part.tool.state },
    };
    return;
  }
  const last = rows.at(-1);
  if (last?.role === "assistant" && last.runId === stored.runId) last.parts.push(part);
  else rows.push({ ...storedRow(stored), role: "assistant", state: "final", note: undefined });
}

function finished(part: Part): Part {
  if (part.kind !== "tool" || part.tool.state !== "running") return part;
  return { kind: "tool", tool: { ...part.tool, state: "done" } };
}

function outboxEntry(item: OutboxItem): Entry {
  const parts: Part[] = item.text === "" ? [] : [{ kind: "text", text: item.text }];
  for (const file of item.attachments) {
    if (file.type === "image")
      parts.push({ kind: "image", image: { mimeType: file.mimeType, data: file.content } });
    else parts.push({ kind: "file", name: file.fileName });
  }
  const row: Row = {
    key: userKey(item.key),
    role: "user",
    state: item.state === "accepted" ? "sent" : item.state,
    parts,
    timestamp: item.createdAt,
    runId: item.key,
    note: item.error,
  };
  return { order: item.order, row, ended: false };
}

function liveEntry(history: HistoryRow[], run: LiveRun): Entry {
  const row: Row = {
    key: `run:${run.runId}`,
    role: "assistant",
    state: run.state === "running" ? "streaming" : run.state,
    parts: liveParts(run, rowsOf(history, run.runId)),
    timestamp: run.endedAt ?? run.startedAt,
    runId: run.runId,
    note: run.error ?? run.note,
  };
  return { order: run.order, row, ended: run.state !== "running" };
}

/** The live text cut at the places where tools were called, without what the transcript shows already. */
function liveParts(run: LiveRun, stored: HistoryRow[]): Part[] {
  const shownTools = new Set(
    stored.flatMap((row) => row.parts.flatMap((part) => (part.kind === "tool" ? [part.tool.id] : []))),
  );
  const shownText = stored.map((row) => textOf(row.parts)).join("");
  const from =
    shownText === ""
      ? 0
      : run.text.startsWith(shownText)
        ? shownText.length
        : shownText.endsWith(run.text)
          ? run.text.length
          : 0;
  const parts: Part[] = [];
  let at = from;
  const cut = (to: number) => {
    const text = run.text.slice(at, to);
    if (text.trim() !== "") parts.push({ kind: "text", text });
    at = Math.max(at, to);
  };
  for (const live of run.tools) {
    if (shownTools.has(live.id)) continue;
    cut(Math.min(live.at, run.text.length));
    const { at: _at, ...tool } = live;
    parts.push({ kind: "tool", tool: tool satisfies ToolCall });
  }
  cut(run.text.length);
  return parts;
}

/** A run that goes on joins its stored beginning; one that failed without a stored row stays below its own question. */
function place(rows: Row[], entry: Entry): void {
  const begun = rows.findLast((row) => row.key === entry.row.key && row.role === "assistant");
  if (begun) {
    begun.parts = [...begun.parts, ...entry.row.parts];
    begun.state = entry.row.state;
    begun.note = entry.row.note;
    return;
  }
  const question = entry.ended ? rows.findIndex((row) => row.key === userKey(entry.row.runId ?? "")) : -1;
  if (question >= 0) rows.splice(question + 1, 0, entry.row);
  else rows.push(entry.row);
}

/** A run whose answer was interrupted by another message has several rows: each needs a key of its own. */
function unique(rows: Row[]): Row[] {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const times = seen.get(row.key) ?? 0;
    seen.set(row.key, times + 1);
    return times === 0 ? row : { ...row, key: `${row.key}#${times}` };
  });
}
