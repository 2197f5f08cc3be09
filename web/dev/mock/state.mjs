// Development only: what the mock gateway knows, with a little history so that pages are not empty.
import { randomUUID } from "node:crypto";

const MINUTE = 60_000;
const ALL = ["admin", "read", "write", "approvals", "questions", "pairing"].map(
  (scope) => `operator.${scope}`,
);

export function createState() {
  const now = Date.now();
  const state = {
    startedAt: now - 93 * MINUTE,
    bootstrap: new Set(),
    tokens: new Map(),
    sessions: new Map(),
    runs: new Map(),
    sent: new Map(),
    approvals: new Map(),
    /** Requests that have ended, latest first, as `approval.history` tells them. */
    answered: [],
    pending: [],
    paired: [],
    /** When false, strangers hear only that a token is missing. */
    pairingRequests: true,
    presence: [
      { ts: now, host: "gateway", mode: "gateway", reason: "self", platform: "linux" },
      {
        ts: now - 4 * MINUTE,
        host: "workbench",
        mode: "node",
        platform: "linux",
        roles: ["node"],
        deviceId: "f00d",
      },
    ],
    broadcast: () => undefined,
  };
  state.pair = (device) => {
    state.paired = state.paired.filter((row) => row.deviceId !== device.deviceId);
    state.paired.push({
      roles: ["operator"],
      approvedAtMs: Date.now(),
      lastSeenAtMs: Date.now(),
      connected: true,
      ...device,
    });
  };
  state.ask = (device) => {
    const known = state.pending.find((row) => row.deviceId === device.deviceId);
    if (known) return known.requestId;
    const row = {
      requestId: randomUUID(),
      role: "operator",
      ts: Date.now(),
      ...device,
    };
    state.pending.push(row);
    state.broadcast("device.pair.requested", row);
    return row.requestId;
  };
  state.session = (key) => {
    if (!state.sessions.has(key)) {
      state.sessions.set(key, { key, kind: "direct", agentId: "main", updatedAt: Date.now(), messages: [] });
    }
    return state.sessions.get(key);
  };
  state.append = (key, message, marks = {}) => {
    const session = state.session(key);
    const seq = session.messages.length + 1;
    const row = {
      timestamp: Date.now(),
      ...message,
      __openclaw: { id: `${key}-${seq}-${randomUUID()}`, seq, ...marks },
    };
    session.messages.push(row);
    session.updatedAt = row.timestamp;
    state.broadcast("session.message", {
      sessionKey: key,
      agentId: "main",
      message: row,
      messageId: row.__openclaw.id,
      messageSeq: seq,
    });
    return row;
  };
  seed(state, now);
  return state;
}

function seed(state, now) {
  const old = [
    ["agent:main:main", undefined, "Good morning. What is on the list today?", 12],
    ["agent:main:trip", "Train to Trieste", "Which connection avoids the night change?", 140],
    ["agent:main:backup", "Backup of the photo archive", "The second copy is verified.", 600],
    ["agent:main:garden", "When to prune the quince", "Late winter, before the buds swell.", 2_900],
    ["agent:main:review", "Review: parser rewrite", "Two things stand out in the tokenizer.", 4_300],
  ];
  for (const [key, label, text, minutes] of old) {
    const session = state.session(key);
    session.label = label;
    state.append(
      key,
      { role: "user", content: label ?? "Good morning" },
      { idempotencyKey: `${randomUUID()}:user` },
    );
    state.append(key, { role: "assistant", content: [{ type: "text", text }] }, { runId: randomUUID() });
    session.updatedAt = now - minutes * MINUTE;
    for (const row of session.messages) row.timestamp = session.updatedAt;
  }
  state.pair({
    deviceId: "a1".repeat(32),
    displayName: "Kitchen tablet",
    platform: "Android 15",
    scopes: ALL.slice(1, 3),
    connected: false,
    lastSeenAtMs: now - 260 * MINUTE,
  });
  state.pair({
    deviceId: "b2".repeat(32),
    displayName: "workbench",
    platform: "linux",
    roles: ["node"],
    scopes: [],
  });
  state.ask({
    deviceId: "c3".repeat(32),
    displayName: "Pixel",
    platform: "Android 16",
    remoteIp: "192.168.1.23",
    scopes: ALL.slice(0, 4),
  });
}
