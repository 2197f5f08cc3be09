// Frames of the gateway protocol as they come off the socket: parsed into typed values, everything else is refused.

export interface WireError {
  code: string;
  message: string;
  details?: Record<string, unknown>;
  retryable?: boolean;
  retryAfterMs?: number | undefined;
}

export interface ResponseFrame {
  type: "res";
  id: string;
  ok: boolean;
  payload?: unknown;
  error?: WireError;
}

export interface EventFrame {
  type: "event";
  event: string;
  payload: unknown;
  seq?: number;
  stateVersion?: { presence?: number; health?: number };
}

export type InboundFrame = ResponseFrame | EventFrame;

/** Error of one request: keeps the gateway's code and details so that pages can react to them. */
export class RequestError extends Error {
  readonly code: string;
  readonly details: Record<string, unknown>;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(error: WireError) {
    super(error.message);
    this.name = "RequestError";
    this.code = error.code;
    this.details = error.details ?? {};
    this.retryable = error.retryable ?? (error.code === "UNAVAILABLE" || error.code === "CLOSED");
    this.retryAfterMs = error.retryAfterMs;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** Returns the records of a list and drops whatever else is in it. */
export function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Returns the texts of a list and drops whatever else is in it. */
export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** Returns the frame in one WebSocket message, or null for anything that is not a response or an event. */
export function parseFrame(data: unknown): InboundFrame | null {
  if (typeof data !== "string") return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  if (value.type === "res" && typeof value.id === "string") return parseResponse(value, value.id);
  if (value.type === "event" && typeof value.event === "string") return parseEvent(value, value.event);
  return null;
}

function parseResponse(value: Record<string, unknown>, id: string): ResponseFrame {
  if (value.ok === true) return { type: "res", id, ok: true, payload: value.payload };
  return { type: "res", id, ok: false, error: parseError(value.error), payload: value.payload };
}

function parseError(value: unknown): WireError {
  if (!isRecord(value)) return { code: "UNKNOWN", message: "The gateway refused without saying why." };
  const error: WireError = {
    code: text(value.code) ?? "UNKNOWN",
    message: text(value.message) ?? "The gateway refused without saying why.",
  };
  if (isRecord(value.details)) error.details = value.details;
  if (typeof value.retryable === "boolean") error.retryable = value.retryable;
  const after = number(value.retryAfterMs);
  if (after !== undefined) error.retryAfterMs = after;
  return error;
}

function parseEvent(value: Record<string, unknown>, event: string): EventFrame {
  const frame: EventFrame = { type: "event", event, payload: value.payload };
  const seq = number(value.seq);
  if (seq !== undefined) frame.seq = seq;
  if (isRecord(value.stateVersion)) {
    const presence = number(value.stateVersion.presence);
    const health = number(value.stateVersion.health);
    frame.stateVersion = {
      ...(presence === undefined ? {} : { presence }),
      ...(health === undefined ? {} : { health }),
    };
  }
  return frame;
}
