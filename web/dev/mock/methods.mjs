// Development only: the methods that the panel calls, in their smallest true form.
import { randomUUID } from "node:crypto";
import { nodeMethods } from "./nodes.mjs";
import { abort, begin } from "./runs.mjs";
import { workMethods } from "./work.mjs";

function fail(message, code = "INVALID_REQUEST", details = undefined) {
  throw Object.assign(new Error(message), { code, details });
}

function textOf(message) {
  const blocks =
    typeof message?.content === "string" ? [{ text: message.content }] : (message?.content ?? []);
  return blocks.map((block) => block.text ?? "").join("");
}

function sessionRow(state, session) {
  const run = [...state.runs.values()].find((live) => live.sessionKey === session.key);
  const first = session.messages.find((message) => message.role === "user");
  const { messages, ...row } = session;
  return {
    ...row,
    derivedTitle: textOf(first).slice(0, 60) || undefined,
    lastMessagePreview: textOf(messages.at(-1)).replace(/\s+/g, " ").slice(0, 120),
    hasActiveRun: run !== undefined,
    isMain: session.key === "agent:main:main",
  };
}

/** A request as `approval.get` tells it. */
function snapshot({ id, request, createdAtMs, expiresAtMs }) {
  const presentation = {
    kind: "exec",
    commandText: request.command,
    agentId: request.agentId,
    nodeId: request.nodeId,
    allowedDecisions: request.allowedDecisions,
  };
  const source = { agentId: request.agentId, sessionKey: request.sessionKey };
  return {
    id,
    urlPath: `/#/approvals/${id}`,
    createdAtMs,
    expiresAtMs,
    presentation,
    status: "pending",
    source,
  };
}

export const methods = {
  ...nodeMethods,
  ...workMethods,
  health: (state) => ({
    ok: true,
    ts: Date.now(),
    durationMs: 1,
    sessions: { path: "", count: state.sessions.size, recent: [] },
  }),
  status: () => ({
    runtimeVersion: "0.1.0",
    agents: [
      { id: "main", executor: "claude_code", reason: "Claude Code was found on the PATH." },
      { id: "scribe", executor: "builtin", reason: "Configured in [agents.scribe]." },
    ],
  }),
  "system-presence": (state) => state.presence,
  "agents.list": () => ({
    defaultId: "main",
    agents: [
      { id: "main", name: "main", model: { primary: "claude-sonnet" } },
      { id: "scribe", name: "scribe" },
    ],
  }),
  "channels.status": () => ({
    ts: Date.now(),
    channelOrder: ["telegram", "discord"],
    channelLabels: { telegram: "Telegram", discord: "Discord" },
    channels: { telegram: { configured: true, running: true }, discord: { configured: true } },
    channelAccounts: {
      discord: [{ accountId: "default", lastError: "The token was refused by the platform." }],
    },
  }),
  "sessions.subscribe": () => ({ subscribed: true }),
  "sessions.messages.subscribe": (_state, { key }) => ({ subscribed: true, key }),
  "sessions.list": (state, { search, limit = 100 }) => {
    const words = search?.toLowerCase();
    const rows = [...state.sessions.values()]
      .filter((session) => !words || JSON.stringify(session).toLowerCase().includes(words))
      .map((session) => sessionRow(state, session));
    return {
      ts: Date.now(),
      count: rows.length,
      hasMore: rows.length > limit,
      sessions: rows.slice(0, limit),
    };
  },
  "sessions.create": (state, { agentId = "main" }) => {
    const key = `agent:${agentId}:${randomUUID()}`;
    const session = state.session(key);
    session.agentId = agentId;
    state.broadcast("sessions.changed", { sessionKey: key, reason: "create", ts: Date.now() });
    return { ok: true, key, sessionId: randomUUID(), entry: {} };
  },
  "sessions.patch": (state, { key, label }) => {
    state.session(key).label = label ?? undefined;
    state.broadcast("sessions.changed", { sessionKey: key, reason: "patch", label, ts: Date.now() });
    return { ok: true, key, entry: {} };
  },
  "sessions.delete": (state, { key }) => {
    if (key === "agent:main:main") fail("the main session cannot be deleted");
    state.sessions.delete(key);
    state.broadcast("sessions.changed", { sessionKey: key, reason: "delete", ts: Date.now() });
    return { ok: true, key, deleted: true, archived: [] };
  },
  "chat.history": (state, { sessionKey, limit = 60, offset = 0 }) => {
    const all = state.session(sessionKey).messages;
    const end = Math.max(0, all.length - offset);
    const live = [...state.runs.values()].find((run) => run.sessionKey === sessionKey);
    return {
      sessionKey,
      messages: all.slice(Math.max(0, end - limit), end),
      hasMore: end - limit > 0,
      sessionInfo: { key: sessionKey, activeRunIds: live ? [live.runId] : [] },
      ...(live
        ? {
            inFlightRun: {
              runId: live.runId,
              text: live.text,
              startedAt: live.startedAt,
              events: live.events,
            },
          }
        : {}),
    };
  },
  "chat.send": (state, { sessionKey, message, idempotencyKey, attachments }) => {
    if (state.sent.has(idempotencyKey))
      return { runId: idempotencyKey, status: state.sent.get(idempotencyKey) };
    state.sent.set(idempotencyKey, "in_flight");
    const images = (attachments ?? []).map((file) => ({
      type: "image",
      mimeType: file.mimeType,
      data: file.content,
    }));
    const content = images.length > 0 ? [{ type: "text", text: message }, ...images] : message;
    state.append(
      sessionKey,
      { role: "user", content },
      { idempotencyKey: `${idempotencyKey}:user`, runId: idempotencyKey },
    );
    setTimeout(() => void begin(state, sessionKey, idempotencyKey, message), 20);
    return { runId: idempotencyKey, status: "started" };
  },
  "chat.abort": (state, { sessionKey }) => abort(state, sessionKey),
  "exec.approval.list": (state) => [...state.approvals.values()].map(({ resolve: _resolve, ...row }) => row),
  "exec.approval.resolve": (state, { id, decision }) => {
    const approval = state.approvals.get(id);
    if (!approval) fail("approval not found", "INVALID_REQUEST", { reason: "APPROVAL_NOT_FOUND" });
    state.approvals.delete(id);
    const end = { status: decision === "deny" ? "denied" : "allowed", decision, resolvedAtMs: Date.now() };
    state.answered.unshift({
      ...snapshot(approval),
      ...end,
      resolver: { kind: "device", id: "device:3f9c" },
    });
    state.broadcast("exec.approval.resolved", { id, decision, ts: Date.now() });
    approval.resolve(decision);
    return { ok: true };
  },
  "approval.get": (state, { id }) => {
    const open = state.approvals.get(id);
    const approval = open ? snapshot(open) : state.answered.find((row) => row.id === id);
    if (!approval) fail("approval not found", "INVALID_REQUEST", { reason: "APPROVAL_NOT_FOUND" });
    return { approval };
  },
  "approval.history": (state) => ({ items: state.answered }),
  "device.pair.list": (state) => ({ pending: state.pending, paired: state.paired }),
  "device.pair.approve": (state, { requestId }) => {
    const row = state.pending.find((other) => other.requestId === requestId);
    if (!row) fail("the request changed; list the devices again");
    state.pending = state.pending.filter((other) => other !== row);
    state.pair({ ...row, roles: [row.role] });
    state.broadcast("device.pair.resolved", {
      requestId,
      deviceId: row.deviceId,
      decision: "approved",
      ts: Date.now(),
    });
    return { requestId, device: row };
  },
  "device.pair.reject": (state, { requestId }) => {
    state.pending = state.pending.filter((other) => other.requestId !== requestId);
    state.broadcast("device.pair.resolved", { requestId, decision: "rejected", ts: Date.now() });
    return { requestId };
  },
  "device.pair.remove": (state, { deviceId }) => {
    state.paired = state.paired.filter((row) => row.deviceId !== deviceId);
    state.tokens.delete(deviceId);
    return { deviceId };
  },
  "device.pair.rename": (state, { deviceId, label }) => {
    const row = state.paired.find((other) => other.deviceId === deviceId);
    if (!row) fail("unknown device");
    row.displayName = label;
    return { deviceId, label };
  },
};
