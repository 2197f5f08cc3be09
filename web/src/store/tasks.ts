// Tasks: every piece of work, the filters of their list, and the one that is looked at, with its live output.
import { signal } from "@preact/signals";
import { added, NOTHING, type Output } from "../tasks/steps";
import { isRecord, number, RequestError, records, text } from "../wire/frames";
import { onEvent, onRead, request } from "./gateway";

export interface Task {
  id: string;
  status: string;
  kind: string;
  title: string;
  agentId: string;
  sessionKey: string;
  createdAt: number;
  updatedAt: number;
  startedAt: number | undefined;
  endedAt: number | undefined;
  summary: string | undefined;
  error: string | undefined;
  prompt: string | undefined;
  result: string | undefined;
  target: string | undefined;
  worker: string | undefined;
  attempt: number | undefined;
  waitUntil: number | undefined;
  deadLettered: boolean;
  retryOf: string | undefined;
  costUsd: number | undefined;
}

export interface Filter {
  status: string;
  kind: string;
}

export const tasks = signal<Task[]>([]);
export const tasksLoaded = signal(false);
export const moreTasks = signal<string | undefined>(undefined);
export const filter = signal<Filter>({ status: "", kind: "" });
/** The task that is looked at; `null`: there is none of that id. */
export const task = signal<Task | null | undefined>(undefined);
export const output = signal<Output>(NOTHING);
/** Why there is no output to follow, if so. */
export const outputProblem = signal("");

const PAGE = 50;
const LONG_POLL_MS = 20_000;
const CHUNKS = 500;
let listed = false;
let watch: { id: string } | undefined;

export function readTask(row: Record<string, unknown>): Task {
  const usage = isRecord(row.usage) ? row.usage : {};
  return {
    id: text(row.id) ?? "",
    status: text(row.status) ?? "queued",
    kind: text(row.kind) ?? "",
    title: text(row.title) ?? "",
    agentId: text(row.agentId) ?? "",
    sessionKey: text(row.sessionKey) ?? "",
    createdAt: number(row.createdAt) ?? 0,
    updatedAt: number(row.updatedAt) ?? 0,
    startedAt: number(row.startedAt),
    endedAt: number(row.endedAt),
    summary: text(row.progressSummary),
    error: text(row.error),
    prompt: text(row.prompt),
    result: text(row.result),
    target: text(row.target),
    worker: text(row.worker),
    attempt: number(row.attempt),
    waitUntil: number(row.waitUntil),
    deadLettered: row.deadLettered === true,
    retryOf: text(row.retryOf),
    costUsd: number(usage.costUsd),
  };
}

export function isOver(status: string): boolean {
  return !["queued", "running"].includes(status);
}

/** Whether a task is one of those that the filter lets through. */
export function passes(row: Task, by: Filter): boolean {
  return (by.status === "" || row.status === by.status) && (by.kind === "" || row.kind === by.kind);
}

/** The list with a task as it is now: in its place, or first if it is new. */
export function updated(list: Task[], row: Task, by: Filter): Task[] {
  const at = list.findIndex((known) => known.id === row.id);
  if (!passes(row, by)) return at < 0 ? list : list.filter((known) => known.id !== row.id);
  return at < 0 ? [row, ...list] : list.with(at, row);
}

async function page(cursor?: string): Promise<Task[]> {
  const { status, kind } = filter.peek();
  const params = {
    limit: PAGE,
    ...(status ? { status } : {}),
    ...(kind ? { kind } : {}),
    ...(cursor ? { cursor } : {}),
  };
  const answer = await request<unknown>("tasks.list", params);
  moreTasks.value = isRecord(answer) ? text(answer.nextCursor) : undefined;
  return records(isRecord(answer) ? answer.tasks : []).map(readTask);
}

/** Follows the list under the present filter; returns what ends that. */
export function watchTasks(): () => void {
  listed = true;
  void reload();
  return () => {
    listed = false;
  };
}

export async function setFilter(next: Filter): Promise<void> {
  filter.value = next;
  await reload();
}

async function reload(): Promise<void> {
  const asked = filter.peek();
  const rows = await page().catch(() => null);
  if (rows === null || asked !== filter.peek()) return;
  tasks.value = rows;
  tasksLoaded.value = true;
}

export async function loadMoreTasks(): Promise<void> {
  const cursor = moreTasks.peek();
  if (cursor !== undefined) tasks.value = [...tasks.peek(), ...(await page(cursor))];
}

/** Follows one task with its output; returns what ends that. */
export function watchTask(id: string): () => void {
  const own = { id };
  watch = own;
  task.value = undefined;
  output.value = NOTHING;
  outputProblem.value = "";
  void readOne(id);
  void follow(own);
  return () => {
    if (watch === own) watch = undefined;
  };
}

async function readOne(id: string): Promise<void> {
  const found = await request<unknown>("tasks.get", { taskId: id }).catch((error) =>
    error instanceof RequestError ? null : undefined,
  );
  if (watch?.id !== id || found === undefined) return;
  task.value = isRecord(found) && isRecord(found.task) ? readTask(found.task) : null;
}

/** Reads on where it was left, until the task has ended and everything was read; a lost connection is waited for. */
async function follow(own: { id: string }): Promise<void> {
  while (watch === own && !output.peek().done) {
    const { next } = output.peek();
    const asked = { taskId: own.id, limit: CHUNKS, waitMs: LONG_POLL_MS, ...(next ? { after: next } : {}) };
    try {
      const answer = await request<unknown>("tasks.output", asked, LONG_POLL_MS + 10_000);
      if (watch === own) output.value = added(output.peek(), answer);
    } catch (error) {
      // Refused for good: only dispatched work keeps its output. Anything else is the connection: see `onRead`.
      if (watch === own && error instanceof RequestError) outputProblem.value = error.message;
      return;
    }
  }
  if (watch === own) void readOne(own.id);
}

export async function cancelTask(id: string): Promise<void> {
  await request("tasks.cancel", { taskId: id });
}

/** Tries an ended task anew; returns the id of the new one. */
export async function retryTask(id: string): Promise<string> {
  const key = crypto.randomUUID();
  const answer = await request<unknown>("tasks.retry", { taskId: id, idempotencyKey: key });
  return (isRecord(answer) ? text(answer.taskId) : undefined) ?? id;
}

/** Says something more to a task's agent; returns whether its run took it at once. */
export async function sendToTask(id: string, message: string): Promise<boolean> {
  const key = crypto.randomUUID();
  const answer = await request<unknown>("tasks.send", { taskId: id, message, idempotencyKey: key });
  return isRecord(answer) && answer.taken === true;
}

onEvent("task", (payload) => {
  const row = isRecord(payload) && isRecord(payload.task) ? payload.task : payload;
  if (!isRecord(row) || !text(row.id)) return;
  const changed = readTask(row);
  if (listed) tasks.value = updated(tasks.peek(), changed, filter.peek());
  const seen = task.peek();
  // What only `tasks.get` tells is kept.
  if (seen?.id === changed.id) {
    task.value = {
      ...changed,
      prompt: changed.prompt ?? seen.prompt,
      result: changed.result ?? seen.result,
    };
    if (isOver(changed.status)) void readOne(changed.id);
  }
});
onRead(() => {
  if (listed) void reload();
  const own = watch;
  if (!own) return;
  // A new watch, so that a request of the lost connection that is still waited for ends the old one.
  watch = { id: own.id };
  outputProblem.value = "";
  void readOne(own.id);
  void follow(watch);
});
