// The state of one session as the page knows it: what the gateway stored, what is happening, what is still to be sent.

export interface Attachment {
  type: "image" | "file";
  mimeType: string;
  fileName: string;
  /** base64 */
  content: string;
}

export interface ToolCall {
  id: string;
  name: string;
  args: unknown;
  result: string | undefined;
  state: "running" | "done" | "error";
}

export interface ImageBlock {
  mimeType: string;
  data: string;
}

/** A piece of an answer, in the order in which it came. */
export type Part =
  | { kind: "text"; text: string }
  | { kind: "thinking"; text: string }
  | { kind: "image"; image: ImageBlock }
  | { kind: "file"; name: string }
  | { kind: "tool"; tool: ToolCall };

/** One stored row of the transcript. */
export interface HistoryRow {
  id: string;
  seq: number;
  role: "user" | "assistant" | "toolResult" | "other";
  parts: Part[];
  timestamp: number;
  runId: string | undefined;
  idempotencyKey: string | undefined;
  stopReason: string | undefined;
  errorMessage: string | undefined;
  /** The state's clock when the row came by event; 0 for rows read as part of a page. */
  arrived: number;
}

/** A message of this browser that the gateway has not shown in its transcript yet. */
export interface OutboxItem {
  /** Idempotency key, and the id of the run that will answer. */
  key: string;
  sessionKey: string;
  text: string;
  attachments: Attachment[];
  createdAt: number;
  state: "queued" | "sending" | "accepted" | "failed";
  error: string | undefined;
  order: number;
}

export interface LiveTool extends ToolCall {
  /** How much of the answer's text came before the call. */
  at: number;
}

/** An answer in the making, or one that ended a moment ago. */
export interface LiveRun {
  runId: string;
  order: number;
  state: "running" | "final" | "aborted" | "error";
  text: string;
  tools: LiveTool[];
  /** What the run is doing while it has nothing to show: "preparing workspace", a retry. */
  note: string | undefined;
  error: string | undefined;
  chatSeq: number;
  agentSeq: number;
  startedAt: number;
  endedAt: number | undefined;
  /** The state's clock when it ended. */
  endedOrder: number | undefined;
  /** Its end was concluded from a re-read, not announced: a later event may still prove it alive. */
  presumed: boolean;
}

export interface ChatState {
  sessionKey: string;
  /** The transcript has been read at least once. */
  loaded: boolean;
  history: HistoryRow[];
  hasOlder: boolean;
  outbox: OutboxItem[];
  runs: LiveRun[];
  /** Grows with everything that happens; tells which came first. */
  clock: number;
}

export type ChatAction =
  | { type: "history"; payload: HistoryPage; mode: "latest" | "older"; askedAt: number; now: number }
  | { type: "message"; row: HistoryRow }
  | { type: "chat"; payload: Record<string, unknown>; now: number }
  | { type: "agent"; payload: Record<string, unknown>; now: number }
  | { type: "queued"; item: Omit<OutboxItem, "state" | "error" | "order"> }
  | { type: "sending"; key: string }
  | { type: "accepted"; key: string; runId: string; ended: boolean; now: number }
  | { type: "unsent"; key: string }
  | { type: "failed"; key: string; error: string }
  | { type: "discarded"; key: string }
  | { type: "disconnected" }
  | { type: "cleared" };

export interface HistoryPage {
  rows: HistoryRow[];
  hasMore: boolean;
  inFlight: { runId: string; text: string; startedAt: number; events: Record<string, unknown>[] } | undefined;
  activeRunIds: string[];
}

export function emptyChat(sessionKey: string): ChatState {
  return { sessionKey, loaded: false, history: [], hasOlder: false, outbox: [], runs: [], clock: 0 };
}
