// Development only: tasks with output that grows, and two workers.
import { randomUUID } from "node:crypto";

const MINUTE = 60_000;
const now = Date.now();
const RUNNING = "0198f3a0-0000-7000-8000-00000000aaaa";

function task(id, more) {
  return {
    id,
    kind: "work",
    agentId: "main",
    sessionKey: `agent:main:task:${id.slice(-8)}`,
    runId: id,
    createdAt: now - 20 * MINUTE,
    updatedAt: now,
    ...more,
  };
}

const tasks = [
  task(RUNNING, {
    title: "Sort the photographs of August by place",
    status: "running",
    target: "pool:attic",
    worker: "builder",
    startedAt: now - 2 * MINUTE,
    attempt: 2,
    prompt: "Sort the photographs of August by place.\nDo not move anything before you have made a list.",
  }),
  task("0198f3a0-0000-7000-8000-00000000bbbb", {
    title: "Translate the manual",
    status: "queued",
    target: "any[claude_code]",
    progressSummary: "waits for a worker",
  }),
  task("0198f3a0-0000-7000-8000-00000000cccc", {
    title: "Count the birds in yesterday's recording",
    status: "failed",
    target: "node:builder",
    worker: "builder",
    startedAt: now - 18 * MINUTE,
    endedAt: now - 12 * MINUTE,
    error: "the model is overloaded",
    deadLettered: true,
  }),
  task("0198f3a0-0000-7000-8000-00000000dddd", {
    title: "What can you do here?",
    kind: "chat",
    status: "completed",
    sessionKey: "agent:main:main",
    startedAt: now - 90 * MINUTE,
    endedAt: now - 89 * MINUTE,
    result: "Quite a lot.",
  }),
];

const STEPS = [
  { step: "text", delta: "I begin with a list of the " },
  { step: "text", delta: "folders.\n" },
  { step: "tool_start", id: "t1", name: "Bash", args: { command: "ls photos/2026-08" } },
  { step: "tool_result", id: "t1", name: "Bash", is_error: false, result: "harbour\nmountain\nparty" },
  { step: "percent", done: 40 },
  { step: "text", delta: "Three places: **harbour**, **mountain** and **party**." },
];

const WORKERS = [
  {
    name: "attic",
    transport: "http",
    online: true,
    status: "idle",
    pool: "attic",
    labels: { gpu: "none" },
    agents: [],
    executors: ["claude_code"],
    maxConcurrent: 2,
    running: 0,
    taskIds: [],
    isolation: "worktree",
    os: "linux",
    arch: "aarch64",
    version: "0.1.0",
    lastSeenAt: now,
    health: { ok: true },
  },
  {
    name: "builder",
    transport: "websocket",
    online: true,
    status: "active",
    labels: {},
    agents: ["main"],
    executors: ["claude_code", "command"],
    maxConcurrent: 4,
    running: 1,
    taskIds: [RUNNING],
    isolation: "none",
    os: "linux",
    arch: "x86_64",
    version: "0.1.0",
    lastSeenAt: now,
    health: { ok: false, detail: "the disk is nearly full" },
  },
];

const find = (id) => tasks.find((row) => row.id === id);

function change(state, row, more) {
  Object.assign(row, more, { updatedAt: Date.now() });
  const { prompt: _prompt, result: _result, ...shown } = row;
  state.broadcast("task", shown);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const workMethods = {
  "tasks.list": (_state, { status, kind }) => ({
    tasks: tasks.filter((row) => (!status || row.status === status) && (!kind || row.kind === kind)),
  }),
  "tasks.get": (_state, { taskId }) => {
    const row = find(taskId);
    if (!row) throw Object.assign(new Error("no such task"), { code: "NOT_FOUND" });
    return { task: row };
  },
  "tasks.output": async (_state, { taskId, after = 0 }) => {
    const row = find(taskId);
    if (row?.kind !== "work")
      throw Object.assign(new Error("only dispatched work keeps its output"), { code: "INVALID_REQUEST" });
    const over = row.status !== "running";
    if (row.id !== RUNNING) return { chunks: [], next: after, done: over, ...(over ? { task: row } : {}) };
    await pause(after < STEPS.length ? 250 : 20_000);
    const chunks = STEPS.slice(after, after + 1).map((step) => ({
      seq: after + 1,
      at: Date.now(),
      fence: 1,
      step,
    }));
    const next = after + chunks.length;
    return { chunks, next, done: over && next === STEPS.length };
  },
  "tasks.cancel": (state, { taskId }) => {
    change(state, find(taskId), { status: "cancelled", endedAt: Date.now() });
    return { found: true, cancelled: true };
  },
  "tasks.retry": (state, { taskId }) => {
    const { id: _id, error: _error, deadLettered: _dead, ...asked } = find(taskId);
    const again = { ...asked, id: randomUUID(), retryOf: taskId, status: "queued", createdAt: Date.now() };
    tasks.unshift(again);
    change(state, again, {});
    return { taskId: again.id };
  },
  "tasks.send": (_state, { taskId }) => ({ taken: find(taskId)?.status === "running", taskId }),
  "workers.list": () => ({ workers: WORKERS }),
  "workers.drain": (state, { name, drain }) => {
    const worker = WORKERS.find((row) => row.name === name);
    worker.status = drain ? "draining" : "idle";
    state.broadcast("workers.changed", { worker });
    return { worker };
  },
};
