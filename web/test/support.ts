// Shared by the tests of the chat: short ways to write rows, events and actions.
import { readHistory, readRow } from "../src/chat/content";
import { reduceChat } from "../src/chat/reduce";
import { chatRows, type Row } from "../src/chat/rows";
import { type ChatAction, type ChatState, emptyChat } from "../src/chat/types";

export const SESSION = "agent:main:main";

export function user(seq: number, text: string, key?: string) {
  const marks = { id: `u${seq}`, seq, ...(key ? { idempotencyKey: `${key}:user` } : {}) };
  return { role: "user", content: text, timestamp: seq, __openclaw: marks };
}

export function assistant(seq: number, text: string, runId?: string, more: object = {}) {
  const marks = { id: `a${seq}`, seq, ...(runId ? { runId } : {}) };
  return { role: "assistant", content: [{ type: "text", text }], timestamp: seq, ...more, __openclaw: marks };
}

/** A conversation under test; every method is one thing that may arrive. */
export class Talk {
  state: ChatState = emptyChat(SESSION);

  do(action: ChatAction): this {
    this.state = reduceChat(this.state, action);
    return this;
  }

  queue(key: string, text: string): this {
    const item = { key, sessionKey: SESSION, text, attachments: [], createdAt: 1 };
    return this.do({ type: "queued", item });
  }

  accepted(key: string, ended = false): this {
    return this.do({ type: "accepted", key, runId: key, ended, now: 1 });
  }

  /** Queued, sent and accepted. */
  send(key: string, text: string): this {
    return this.queue(key, text).do({ type: "sending", key }).accepted(key);
  }

  chat(runId: string, seq: number, state: string, more: object = {}): this {
    return this.do({ type: "chat", payload: { runId, seq, state, ...more }, now: 1 });
  }

  delta(runId: string, seq: number, deltaText: string, whole?: string): this {
    return this.chat(runId, seq, "delta", { deltaText, ...(whole === undefined ? {} : said(whole)) });
  }

  agent(runId: string, seq: number, stream: string, data: object): this {
    return this.do({ type: "agent", payload: { runId, seq, stream, data }, now: 1 });
  }

  message(message: Record<string, unknown>): this {
    return this.do({ type: "message", row: readRow(message, 0) });
  }

  history(messages: object[], more: object = {}, askedAt = this.state.clock): this {
    const payload = readHistory({ messages, ...more });
    return this.do({ type: "history", payload, mode: "latest", askedAt, now: 2 });
  }

  older(messages: object[], hasMore = false): this {
    const payload = readHistory({ messages, hasMore });
    return this.do({ type: "history", payload, mode: "older", askedAt: 0, now: 2 });
  }

  get rows(): Row[] {
    return chatRows(this.state);
  }

  /** What a reader sees: "user[sent] hi", one line a row. */
  get shown(): string[] {
    return this.rows.map((row) => `${row.role}[${row.state}] ${words(row)}`.trim());
  }
}

export function said(text: string): { message: object } {
  return { message: { role: "assistant", content: [{ type: "text", text }] } };
}

function words(row: Row): string {
  return row.parts
    .map((part) =>
      part.kind === "text"
        ? part.text
        : part.kind === "tool"
          ? `{${part.tool.name} ${part.tool.state}}`
          : part.kind,
    )
    .join("");
}
