// Workers: machines that perform tasks for the gateway, and how busy they are.
import { computed, signal } from "@preact/signals";
import { isRecord, number, records, text, texts } from "../wire/frames";
import { hello, onEvent, onRead, request } from "./gateway";

export interface Worker {
  name: string;
  status: string;
  online: boolean;
  transport: string;
  pool: string | undefined;
  labels: string[];
  agents: string[];
  executors: string[];
  running: number;
  slots: number;
  taskIds: string[];
  isolation: string | undefined;
  place: string;
  version: string | undefined;
  /** What is wrong with it, in its own words. */
  trouble: string | undefined;
  seenAt: number | undefined;
}

export const workers = signal<Worker[]>([]);
/** Whether this gateway has workers at all. */
export const hasWorkers = computed(() => hello.value?.methods.includes("workers.list") ?? false);

export function readWorker(row: Record<string, unknown>): Worker {
  const health = isRecord(row.health) ? row.health : {};
  const labels = isRecord(row.labels) ? row.labels : {};
  return {
    name: text(row.name) ?? "",
    status: text(row.status) ?? "offline",
    online: row.online === true,
    transport: text(row.transport) ?? "",
    pool: text(row.pool),
    labels: Object.entries(labels).map(([name, value]) => `${name}=${String(value)}`),
    agents: texts(row.agents),
    executors: texts(row.executors),
    running: number(row.running) ?? 0,
    slots: number(row.maxConcurrent) ?? 0,
    taskIds: texts(row.taskIds),
    isolation: text(row.isolation),
    place: [text(row.os), text(row.arch)].filter(Boolean).join(" "),
    version: text(row.version),
    trouble: health.ok === false ? (text(health.detail) ?? "not well") : undefined,
    seenAt: number(row.lastSeenAt),
  };
}

/** The list with a worker as it is now, by name. */
export function placed(list: Worker[], worker: Worker): Worker[] {
  const others = list.filter((known) => known.name !== worker.name);
  return [...others, worker].sort((a, b) => a.name.localeCompare(b.name));
}

async function loadWorkers(): Promise<void> {
  if (!hasWorkers.peek()) return;
  const answer = await request<unknown>("workers.list");
  workers.value = records(isRecord(answer) ? answer.workers : []).map(readWorker);
}

/** Takes a worker out of use, or back. */
export async function drain(name: string, on: boolean): Promise<void> {
  const answer = await request<unknown>("workers.drain", { name, drain: on });
  if (isRecord(answer) && isRecord(answer.worker)) {
    workers.value = placed(workers.peek(), readWorker(answer.worker));
  }
}

onEvent("workers.changed", (payload) => {
  if (isRecord(payload) && isRecord(payload.worker)) {
    workers.value = placed(workers.peek(), readWorker(payload.worker));
  }
});
onRead(() => void loadWorkers().catch(() => undefined));
