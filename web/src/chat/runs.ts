// What `chat` and `agent` events do to one run. Duplicates and late arrivals change nothing.
import { isRecord, number, text } from "../wire/frames";
import { messageText, plainText } from "./content";
import type { LiveRun, LiveTool } from "./types";

export function newRun(runId: string, order: number, now: number): LiveRun {
  return {
    runId,
    order,
    state: "running",
    text: "",
    tools: [],
    note: undefined,
    error: undefined,
    chatSeq: -1,
    agentSeq: -1,
    startedAt: now,
    endedAt: undefined,
    endedOrder: undefined,
    presumed: false,
  };
}

/** Applies one `chat` event (states status, delta, final, aborted, error). */
export function applyChat(run: LiveRun, payload: Record<string, unknown>, now: number): LiveRun {
  const seq = number(payload.seq);
  // Ended is ended: a delta that was overtaken must not bring the run back to life.
  const over = run.state !== "running" && !run.presumed;
  if (over || isStale(run, payload, seq)) return run;
  const next: LiveRun = { ...run, state: "running", presumed: false, chatSeq: seq ?? run.chatSeq };
  switch (payload.state) {
    case "status":
      return { ...next, note: statusNote(payload) ?? next.note };
    case "delta":
      return { ...next, text: deltaText(run.text, payload), note: undefined };
    case "final":
      return settle({ ...next, text: endText(run.text, payload) }, "final", now);
    case "aborted":
      return settle({ ...next, text: endText(run.text, payload) }, "aborted", now);
    case "error": {
      const error = text(payload.errorMessage) ?? "The run failed.";
      return settle({ ...next, text: endText(run.text, payload), error }, "error", now);
    }
    default:
      return next;
  }
}

/**
 * Whether an event is older than what is shown. An end, and a delta that carries the whole text, may have the number of
 * the event before: they change nothing when they come twice.
 */
function isStale(run: LiveRun, payload: Record<string, unknown>, seq: number | undefined): boolean {
  if (seq === undefined) return false;
  const repeatable =
    payload.state !== "delta" || payload.replace === true || messageText(payload.message) !== undefined;
  return repeatable ? seq < run.chatSeq : seq <= run.chatSeq;
}

/** The cumulative message wins over the delta: it is right even when an earlier delta was dropped. */
function deltaText(before: string, payload: Record<string, unknown>): string {
  const whole = messageText(payload.message);
  const delta = text(payload.deltaText) ?? "";
  if (payload.replace === true) return whole ?? delta;
  return whole ?? before + delta;
}

function endText(before: string, payload: Record<string, unknown>): string {
  return messageText(payload.message) || before;
}

export function settle(run: LiveRun, state: LiveRun["state"], now: number): LiveRun {
  // A tool without a result did not finish: its run ended first.
  const tools = run.tools.map((tool) =>
    tool.state === "running"
      ? { ...tool, state: state === "final" ? ("done" as const) : ("error" as const) }
      : tool,
  );
  return { ...run, state, tools, note: undefined, endedAt: now };
}

/** Applies one `agent` event: tools, command output, progress and retries; the text itself comes by `chat`. */
export function applyAgent(run: LiveRun, payload: Record<string, unknown>): LiveRun {
  const seq = number(payload.seq);
  if (seq !== undefined && seq <= run.agentSeq) return run;
  const data = isRecord(payload.data) ? payload.data : {};
  const next: LiveRun = { ...run, agentSeq: seq ?? run.agentSeq };
  const live = run.state === "running";
  switch (payload.stream) {
    case "tool":
      return applyTool(next, data, text(data.toolCallId));
    case "item":
      return data.kind === "tool" ? applyTool(next, data, text(data.toolCallId) ?? text(data.itemId)) : next;
    case "command_output":
      return applyOutput(next, data);
    case "run_status":
      return live ? { ...next, note: statusNote(data) ?? next.note } : next;
    case "lifecycle":
      return live ? { ...next, note: lifecycleNote(data) ?? next.note } : next;
    case "retry":
      return live ? { ...next, note: retryNote(data) } : next;
    default:
      return next;
  }
}

function applyTool(run: LiveRun, data: Record<string, unknown>, id: string | undefined): LiveRun {
  if (!id) return run;
  const known = run.tools.find((tool) => tool.id === id);
  const before: LiveTool = known ?? {
    id,
    name: text(data.name) ?? text(data.title) ?? "tool",
    args: undefined,
    result: undefined,
    state: "running",
    at: run.text.length,
  };
  const tool: LiveTool = { ...before, args: data.args ?? before.args };
  if (data.phase === "update" && data.partialResult !== undefined && before.state === "running") {
    tool.result = plainText(data.partialResult);
  }
  if (data.phase === "result" || data.phase === "end") {
    tool.state =
      data.isError === true || data.status === "failed" || data.status === "error" ? "error" : "done";
    if (data.result !== undefined) tool.result = plainText(data.result);
  }
  const tools = known ? run.tools.map((other) => (other.id === id ? tool : other)) : [...run.tools, tool];
  return { ...run, tools, note: undefined };
}

function applyOutput(run: LiveRun, data: Record<string, unknown>): LiveRun {
  const id = text(data.toolCallId) ?? text(data.itemId);
  const output = text(data.output);
  if (!id || output === undefined) return run;
  const tools = run.tools.map((tool) => {
    if (tool.id !== id || tool.state !== "running") return tool;
    return { ...tool, result: data.phase === "delta" ? (tool.result ?? "") + output : output };
  });
  return { ...run, tools };
}

function lifecycleNote(data: Record<string, unknown>): string | undefined {
  if (data.phase === "retry") return statusNote(data) ?? "Trying again";
  if (data.phase === "model" && typeof data.model === "string") return `Asking ${data.model}`;
  return undefined;
}

function retryNote(data: Record<string, unknown>): string {
  const [attempt, most] = [number(data.attempt), number(data.maxAttempts)];
  const count =
    attempt === undefined ? "" : most === undefined ? ` (attempt ${attempt})` : ` (${attempt} of ${most})`;
  const why = text(data.error);
  return `Trying again${count}${why ? `: ${why}` : ""}`;
}

function statusNote(data: Record<string, unknown>): string | undefined {
  const said = text(data.message) ?? text(data.note) ?? text(data.text);
  if (said) return said;
  const phase = text(data.phase)?.replaceAll("_", " ");
  if (!phase) return undefined;
  const note = phase.charAt(0).toUpperCase() + phase.slice(1);
  const attempt = number(data.attempt);
  return attempt === undefined ? note : `${note} (attempt ${attempt})`;
}
