// Reads transcript rows and message contents as the gateway sends them into the page's own shapes.
import { isRecord, number, records, text } from "../wire/frames";
import type { HistoryPage, HistoryRow, ImageBlock, Part } from "./types";

export function readHistory(payload: unknown): HistoryPage {
  const body = isRecord(payload) ? payload : {};
  const info = isRecord(body.sessionInfo) ? body.sessionInfo : {};
  const active = Array.isArray(info.activeRunIds)
    ? info.activeRunIds.filter((id) => typeof id === "string")
    : [];
  return {
    rows: records(body.messages).map((message, index) => readRow(message, index)),
    hasMore: body.hasMore === true,
    inFlight: readInFlight(body.inFlightRun),
    activeRunIds: active,
  };
}

function readInFlight(value: unknown): HistoryPage["inFlight"] {
  if (!isRecord(value) || typeof value.runId !== "string") return undefined;
  return {
    runId: value.runId,
    text: text(value.text) ?? "",
    startedAt: number(value.startedAt) ?? 0,
    events: records(value.events),
  };
}

/** Reads one transcript row; `fallback` orders rows of gateways that number none. */
export function readRow(message: Record<string, unknown>, fallback: number): HistoryRow {
  const marks = isRecord(message.__openclaw) ? message.__openclaw : {};
  const seq = number(marks.seq) ?? fallback;
  const timestamp = number(message.timestamp) ?? number(marks.recordTimestampMs) ?? 0;
  return {
    id: text(marks.id) ?? `row-${seq}-${timestamp}`,
    seq,
    role: readRole(message.role),
    parts: message.role === "toolResult" ? [toolResultPart(message)] : readParts(message.content),
    timestamp,
    runId: text(marks.runId) ?? text(message.runId),
    idempotencyKey: text(marks.idempotencyKey) ?? text(message.idempotencyKey),
    stopReason: text(message.stopReason),
    errorMessage: text(message.errorMessage),
    arrived: 0,
  };
}

function readRole(role: unknown): HistoryRow["role"] {
  return role === "user" || role === "assistant" || role === "toolResult" ? role : "other";
}

export function readParts(content: unknown): Part[] {
  if (typeof content === "string") return content === "" ? [] : [{ kind: "text", text: content }];
  return records(content).flatMap(readBlock);
}

function readBlock(block: Record<string, unknown>): Part[] {
  switch (block.type) {
    case "text":
      return block.text === "" ? [] : [{ kind: "text", text: text(block.text) ?? "" }];
    case "thinking":
      return [{ kind: "thinking", text: text(block.thinking) ?? text(block.text) ?? "" }];
    case "toolCall":
    case "tool_use":
      return [{ kind: "tool", tool: readToolCall(block) }];
    case "image":
      return readImage(block);
    case "file":
      return [{ kind: "file", name: text(block.fileName) ?? text(block.name) ?? "file" }];
    default:
      return [];
  }
}

function readToolCall(block: Record<string, unknown>) {
  return {
    id: text(block.toolCallId) ?? text(block.id) ?? "",
    name: text(block.name) ?? text(block.toolName) ?? "tool",
    args: block.arguments ?? block.args ?? block.input,
    result: undefined,
    state: "running" as const,
  };
}

function toolResultPart(message: Record<string, unknown>): Part {
  return {
    kind: "tool",
    tool: {
      id: text(message.toolCallId) ?? "",
      name: text(message.toolName) ?? text(message.name) ?? "tool",
      args: message.args,
      result: plainText(message.content),
      state: message.isError === true ? "error" : "done",
    },
  };
}

/** Only pictures that came inside the row are shown: a picture elsewhere would tell its host that it was looked at. */
function readImage(block: Record<string, unknown>): Part[] {
  const source = isRecord(block.source) ? block.source : block;
  const data = text(source.data) ?? text(source.content);
  const mimeType = text(source.mimeType) ?? text(source.media_type) ?? "image/png";
  if (!data) return [{ kind: "file", name: text(block.fileName) ?? "image" }];
  const image: ImageBlock = { mimeType, data };
  return [{ kind: "image", image }];
}

/** Returns everything readable in a content, tool results included, as plain text. */
export function plainText(content: unknown): string {
  if (content === undefined || content === null) return "";
  if (typeof content === "string") return content;
  if (Array.isArray(content)) return content.map(plainText).filter(Boolean).join("\n");
  if (isRecord(content)) {
    if (typeof content.text === "string") return content.text;
    if (content.content !== undefined) return plainText(content.content);
    return JSON.stringify(content, null, 2);
  }
  return String(content);
}

/** Returns the text of a streamed message, or undefined when it carries none. */
export function messageText(message: unknown): string | undefined {
  if (!isRecord(message)) return undefined;
  if (typeof message.content === "string") return message.content;
  if (!Array.isArray(message.content)) return text(message.text);
  const blocks = records(message.content).filter((block) => block.type === "text");
  return blocks.map((block) => text(block.text) ?? "").join("");
}

export function textOf(parts: Part[]): string {
  return parts.flatMap((part) => (part.kind === "text" ? [part.text] : [])).join("");
}
