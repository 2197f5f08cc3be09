// Drives a gateway through every method and event it serves and judges every frame it sent with the npm package's schemas.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { BUILTIN, COMMANDS, claudeAgent, claudeEnv, messagesApi } from "./lib/agents.mjs";
import { newDevice } from "./lib/device.mjs";
import { Gateway, TOKEN } from "./lib/gateway.mjs";
import { loadJudge } from "./lib/schema.mjs";
import { Wire, connected } from "./lib/wire.mjs";

const SCOPES = ["operator.admin", "operator.read", "operator.write", "operator.approvals", "operator.questions", "operator.pairing"];
const MAIN = "agent:main:main";
const CLI = { id: "cli", mode: "cli", platform: "linux", deviceFamily: "Linux", version: "1.0.0" };

/** Methods that take no more than an empty object, and answer with what there is. */
const PLAIN_METHODS = [
  "health", "status", "system-presence", "last-heartbeat", "gateway.identity.get", "logs.tail", "agent.identity.get",
  "agents.list", "models.list", "sessions.list", "device.pair.list", "config.get", "config.schema", "channels.status",
  "tasks.list", "cron.list", "cron.status", "node.list", "node.pair.list", "commands.list", "tools.catalog",
  "skills.status", "question.list", "plugin.approval.list", "exec.approval.list", "taskSuggestions.list", "usage.status",
  "update.status", "voicewake.get", "chat.metadata",
];

/** Events that must have come by the end. */
const NEEDED_EVENTS = [
  "connect.challenge", "tick", "health", "presence", "shutdown", "agent", "chat", "session.message", "sessions.changed",
  "device.pair.requested", "device.pair.resolved", "exec.approval.requested", "exec.approval.resolved",
];

describe("frames", () => {
  let api;
  let gateway;
  let judge;
  let admin;
  let approver;
  const wires = [];
  const answered = new Map();

  /** Opens a recorded connection; everything it receives is judged in the end. */
  async function open(options) {
    const wire = await Wire.open(gateway.url, options);
    wires.push(wire);
    const answer = await wire.connect(options);
    wire.hello = answer.payload;
    wire.refusal = answer.error;
    return wire;
  }

  /** Calls a method with params that are valid themselves; answers the payload, and fails when it is refused. */
  async function call(method, params, options) {
    const answer = await attempt(method, params, options);
    assert.ok(answer.ok, `${method} ${JSON.stringify(params)} was refused: ${JSON.stringify(answer.error)}`);
    answered.set(method, answer.payload);
    return answer.payload;
  }

  /** Like `call`, but a refusal is as good as an answer. */
  async function attempt(method, params, { wire = admin, ...options } = {}) {
    const fault = judge.paramsFault(method, params);
    assert.equal(fault, undefined, `the test's own params for ${method}: ${fault}`);
    return wire.call(method, params, options);
  }

  /** Insists that the call is refused with this error code. */
  async function refused(method, params, code, options) {
    const answer = await attempt(method, params, options);
    assert.equal(answer.ok, false, `${method} should have been refused`);
    assert.equal(answer.error.code, code, JSON.stringify(answer.error));
    return answer.error;
  }

  before(async () => {
    api = await messagesApi();
    const config = BUILTIN + COMMANDS + claudeAgent("claude");
    gateway = await Gateway.start({ name: "frames", config, env: claudeEnv(api), claude: true });
    judge = await loadJudge();
    admin = await open({ token: TOKEN, scopes: SCOPES, caps: ["tool-events", "approvals"] });
    approver = await open({ token: TOKEN, scopes: SCOPES, client: CLI, device: newDevice(), caps: ["approvals", "exec-approvals"] });
    await call("sessions.subscribe", {});
  });

  after(async () => {
    for (const wire of wires) await wire.close();
    await gateway?.stop();
    await api?.stop();
  });

  test("hello-ok names what the gateway serves, and nothing a stock UI would trip over", () => {
    const { server, features, policy, auth, protocol } = admin.hello;
    assert.equal(protocol, 4);
    assert.equal(server.buildId, undefined);
    assert.equal(features.capabilities, undefined);
    assert.deepEqual(policy.tickIntervalMs, 30_000);
    assert.deepEqual([...auth.scopes].sort(), [...SCOPES].sort());
    for (const method of PLAIN_METHODS) assert.ok(features.methods.includes(method), `${method} is advertised`);
  });

  for (const method of PLAIN_METHODS) test(`${method} answers`, () => call(method, {}));

  test("methods without params accept that there are none", async () => {
    for (const method of ["health", "status", "system-presence", "last-heartbeat"]) {
      assert.ok((await admin.call(method)).ok, method);
    }
  });

  test("scheduled jobs are added, changed, run and removed", async () => {
    const job = await call("cron.add", {
      name: "judged", schedule: { kind: "every", everyMs: 3_600_000 }, sessionTarget: "isolated", wakeMode: "now",
      payload: { kind: "agentTurn", message: "think" },
    });
    await call("cron.update", { id: job.id, patch: { enabled: false, payload: { kind: "agentTurn", message: "think again" } } });
    await call("cron.get", { id: job.id });
    await call("cron.run", { id: job.id, mode: "force" });
    await call("cron.runs", { id: job.id });
    await call("cron.remove", { id: job.id });
  });

  test("lists that are asked for in pages answer in pages", async () => {
    await call("cron.list", { includeDisabled: true, limit: 200, offset: 0 });
    await call("logs.tail", { limit: 5, maxBytes: 250_000 });
    await call("sessions.list", { limit: 1, offset: 0, includeDerivedTitles: true, includeLastMessage: true });
    await call("status", { includeChannelSummary: false });
    await call("channels.status", { probe: false, timeoutMs: 5000 });
  });

  test("a chat run streams and ends, and the transcript has both rows", async () => {
    await call("chat.startup", { sessionKey: MAIN, limit: 80, maxBytes: 262_144 });
    await call("sessions.messages.subscribe", { key: MAIN });
    const runId = await run("agent:main:main", "hello frames");
    const { messages } = await call("chat.history", { sessionKey: MAIN, limit: 50 });
    const own = messages.filter((row) => row.__openclaw.runId === runId || row.idempotencyKey === `${runId}:user`);
    assert.deepEqual(own.map((row) => row.role), ["user", "assistant"]);
    const found = await call("chat.message.get", { sessionKey: MAIN, messageId: own[1].__openclaw.id });
    assert.equal(found.ok, true);
    assert.equal((await call("chat.message.get", { sessionKey: MAIN, messageId: "no-such-row" })).ok, false);
    assert.deepEqual(await call("chat.send", { sessionKey: MAIN, message: "hello frames", idempotencyKey: runId }), { runId, status: "ok" });
    await call("chat.inject", { sessionKey: MAIN, message: "put here by hand", label: "note" });
    await call("sessions.messages.unsubscribe", { key: MAIN });
  });

  test("a run is aborted in the middle with what it had said", async () => {
    const key = "agent:slow:main";
    const runId = randomUUID();
    await call("chat.send", { sessionKey: key, message: "go", idempotencyKey: runId });
    await chatState(runId, "delta");
    const running = await call("chat.history", { sessionKey: key, limit: 5 });
    assert.equal(running.inFlightRun?.runId, runId);
    const { tasks } = await call("tasks.list", { sessionKey: key });
    const task = tasks.find((row) => row.status === "running");
    assert.ok(task, "a running task");
    await call("tasks.get", { taskId: task.id });
    assert.deepEqual(await call("chat.abort", { sessionKey: key, runId }), { ok: true, aborted: true, runIds: [runId] });
    const aborted = await chatState(runId, "aborted");
    assert.match(JSON.stringify(aborted.message), /word1/);
    assert.deepEqual(await call("chat.abort", { sessionKey: key }), { ok: true, aborted: false, runIds: [] });
  });

  test("a failing agent ends its run with an error", async () => {
    const runId = randomUUID();
    await call("chat.send", { sessionKey: "agent:broken:main", message: "go", idempotencyKey: runId });
    const { errorMessage } = await chatState(runId, "error");
    assert.ok(errorMessage.length > 0);
  });

  test("agent answers twice under one id, and agent.wait knows the end", async () => {
    const key = randomUUID();
    const params = { message: "hello agent", agentId: "main", deliver: false, timeout: 60, idempotencyKey: key };
    const final = await call("agent", params, { final: true, timeoutMs: 60_000 });
    assert.equal(final.status, "ok");
    assert.ok(final.result.payloads[0].text.length > 0);
    const both = admin.frames.filter((frame) => frame.type === "res" && admin.methods.get(frame.id) === "agent");
    assert.deepEqual(both.map((frame) => frame.payload.status), ["accepted", "ok"]);
    assert.equal((await call("agent.wait", { runId: key, timeoutMs: 5000 })).status, "ok");
    assert.equal((await call("agent.wait", { runId: randomUUID(), timeoutMs: 50 })).status, "timeout");
    assert.deepEqual(await call("agent", params), final);
  });

  test("sessions are made, found, changed, emptied and deleted", async () => {
    const key = "agent:short:peer-test";
    const made = await call("sessions.create", { key, label: "Peer test" });
    assert.equal(made.key, key);
    const runId = randomUUID();
    await call("sessions.send", { key, message: "first words", idempotencyKey: runId });
    await chatState(runId, "delta");
    await call("sessions.steer", { key, message: "more words", idempotencyKey: randomUUID() });
    await call("sessions.abort", { key });
    assert.equal((await call("sessions.describe", { key, includeDerivedTitles: true, includeLastMessage: true })).session.key, key);
    assert.equal((await call("sessions.describe", { key: "agent:main:never" })).session, null);
    assert.equal((await call("sessions.resolve", { key })).agentId, "short");
    assert.deepEqual(await call("sessions.resolve", { key: "agent:main:never", allowMissing: true }), { ok: false });
    const { previews } = await call("sessions.preview", { keys: [key, "agent:main:never"], limit: 5, maxChars: 200 });
    assert.equal(previews.length, 2);
    const patched = await call("sessions.patch", { key, label: "Renamed", pinned: true });
    assert.equal(patched.entry.label, "Renamed");
    await call("sessions.compact", { key });
    await call("sessions.reset", { key, reason: "new" });
    await call("sessions.list", { search: "Renamed" });
    assert.equal((await call("sessions.delete", { key })).deleted, true);
    assert.equal((await call("sessions.delete", { key })).deleted, false);
    await refused("sessions.delete", { key: MAIN }, "INVALID_REQUEST");
    await refused("sessions.resolve", { key: "agent:main:never" }, "INVALID_REQUEST");
  });

  test("a task is cancelled by its id", async () => {
    const runId = randomUUID();
    await call("chat.send", { sessionKey: "agent:slow:main", message: "go", idempotencyKey: runId });
    await chatState(runId, "delta");
    const { tasks } = await call("tasks.list", { status: "running" });
    const mine = tasks.find((row) => row.sessionKey === "agent:slow:main");
    assert.equal((await call("tasks.cancel", { taskId: mine.id })).cancelled, true);
    await chatState(runId, "aborted");
    assert.equal((await call("tasks.cancel", { taskId: "no-such-task" })).found, false);
    await refused("tasks.get", { taskId: "no-such-task" }, "INVALID_REQUEST");
  });

  test("Claude Code streams, asks before it writes, and goes on after the answer", async () => {
    const key = "agent:claude:main";
    await call("sessions.messages.subscribe", { key, includeApprovals: true });
    const runId = randomUUID();
    await call("chat.send", { sessionKey: key, message: "use-tool touch written-by-the-tool && echo done-writing", idempotencyKey: runId });
    const { payload } = await approver.event("exec.approval.requested", () => true, { timeoutMs: 60_000 });
    assert.ok((await call("exec.approval.list", {})).some((row) => row.id === payload.id));
    assert.match((await call("exec.approval.get", { id: payload.id })).commandText, /touch written-by-the-tool/);
    await call("exec.approval.resolve", { id: payload.id, decision: "allow-once" }, { wire: approver });
    await approver.event("exec.approval.resolved", (resolved) => resolved.id === payload.id);
    const final = await chatState(runId, "final", 60_000);
    assert.match(JSON.stringify(final.message), /done-writing/);
    const tools = admin.events("agent").map((event) => event.payload).filter((it) => it.runId === runId && it.stream === "tool");
    const phases = tools.map((it) => it.data.phase);
    assert.ok(phases.includes("start") && phases.includes("result"), `tool events: ${phases}`);
  });

  test("a permission request that does not exist, or is decided, cannot be answered", async () => {
    const unknown = await attempt("exec.approval.resolve", { id: randomUUID(), decision: "deny" });
    assert.equal(unknown.ok, false);
  });

  test("devices are listed, approved, rejected, renamed, and their tokens rotated and revoked", async () => {
    const device = newDevice();
    const known = { token: TOKEN, scopes: ["operator.read"], client: CLI, device };
    const paired = await open(known);
    assert.ok(paired.hello.auth.deviceToken);
    const first = await pendingFor({ ...known, client: { ...CLI, platform: "darwin" } });
    await call("device.pair.list", {});
    assert.equal((await call("device.pair.approve", { requestId: first })).device.deviceId, device.deviceId);
    const second = await pendingFor({ ...known, client: { ...CLI, platform: "win32" } });
    assert.deepEqual(await call("device.pair.reject", { requestId: second }), { requestId: second, deviceId: device.deviceId });
    await call("device.pair.rename", { deviceId: device.deviceId, label: "A test device" });
    const rotated = await call("device.token.rotate", { deviceId: device.deviceId, role: "operator" });
    assert.equal(rotated.token, undefined);
    assert.equal((await paired.untilClosed(2000)).code, 4001);
    await call("device.token.revoke", { deviceId: device.deviceId, role: "operator" });
    assert.deepEqual(await call("device.pair.remove", { deviceId: device.deviceId }), { deviceId: device.deviceId });
    await call("device.pair.setupCode", { publicUrl: gateway.url.replace(/^http/, "ws"), bootstrapProfile: "limited" });
  });

  /** Connects, is refused with a pending pairing request, sees the event, and answers the request's id. */
  async function pendingFor(options) {
    const { refusal } = await open(options);
    assert.equal(refusal?.details?.code, "PAIRING_REQUIRED", JSON.stringify(refusal));
    await admin.event("device.pair.requested", (row) => row.requestId === refusal.details.requestId);
    return refusal.details.requestId;
  }

  test("configuration is changed only by who has seen it", async () => {
    const { hash, raw } = await call("config.get", {});
    assert.ok(!JSON.stringify(answered.get("config.get")).includes(TOKEN), "no secret in the configuration");
    await refused("config.patch", { raw: "{}", baseHash: "stale" }, "INVALID_REQUEST");
    const patched = await call("config.patch", { raw: "{}", baseHash: hash });
    await call("config.set", { raw, baseHash: patched.hash ?? hash });
  });

  test("what is wrong is refused in the error's own shape", async () => {
    assert.match((await refused("no.such.method", {}, "INVALID_REQUEST")).message, /unknown method: no\.such\.method/);
    const faulty = await admin.call("chat.send", { sessionKey: MAIN });
    assert.equal(faulty.error.code, "INVALID_REQUEST");
    assert.match(faulty.error.message, /invalid chat\.send params/);
    await refused("agent", { message: "x", agentId: "nobody", idempotencyKey: randomUUID() }, "INVALID_REQUEST");
    const reader = await open({ token: TOKEN, scopes: ["operator.read"] });
    const { details } = await refused("sessions.reset", { key: MAIN }, "FORBIDDEN", { wire: reader });
    assert.deepEqual(judge.check("MissingScopeErrorDetails", details), []);
    await open({ token: "wrong-token", scopes: SCOPES });
    await open({ scopes: SCOPES });
    assert.match((await admin.call("connect", {})).error.message, /connect/);
  });

  test("small writes answer", async () => {
    await call("wake", { text: "note", mode: "now" });
    await call("system-event", { text: "note" });
    await call("agent.identity.get", { sessionKey: MAIN });
    await call("sessions.search", { query: "hello" });
  });

  test("ticks, health and presence come by themselves", async () => {
    await admin.event("presence");
    await admin.event("tick", () => true, { timeoutMs: 40_000 });
    const { stateVersion } = await admin.event("health", () => true, { timeoutMs: 70_000 });
    assert.ok(stateVersion.health >= admin.hello.snapshot.stateVersion.health);
  });

  test("the end is announced and then comes with 1012", async () => {
    const ended = gateway.end();
    await admin.event("shutdown");
    assert.equal((await admin.untilClosed()).code, 1012);
    assert.deepEqual(await ended, { code: 0, signal: null });
  });

  test("every connection numbers its events without a hole", () => {
    for (const wire of wires) {
      const numbers = wire.frames.filter((frame) => frame.seq !== undefined).map((frame) => frame.seq);
      assert.deepEqual(numbers, numbers.map((_, index) => index + 1));
    }
  });

  test("every frame is valid", (t) => {
    for (const wire of wires) judge.wire(wire);
    const count = wires.reduce((sum, wire) => sum + wire.frames.length, 0);
    t.diagnostic(`${count} frames; results judged: ${[...judge.judgedMethods].sort().join(" ")}`);
    t.diagnostic(`results without a schema in the package: ${[...judge.unjudgedMethods].sort().join(" ")}`);
    t.diagnostic(`events judged: ${[...judge.judgedEvents].sort().join(" ")}`);
    t.diagnostic(`events without a schema in the package: ${[...judge.unjudgedEvents].sort().join(" ")}`);
    const came = new Set([...judge.judgedEvents, ...judge.unjudgedEvents]);
    assert.deepEqual(NEEDED_EVENTS.filter((name) => !came.has(name)), [], "events that did not come");
    assert.equal(judge.problems.size, 0, `${judge.problems.size} kinds of fault:\n${judge.summary()}`);
  });

  /** Sends a message, waits for its final event and answers the run's id. */
  async function run(sessionKey, message) {
    const runId = randomUUID();
    await call("chat.send", { sessionKey, message, idempotencyKey: runId });
    await chatState(runId, "final");
    return runId;
  }

  /** Waits for the run's chat event with this state and answers its payload. */
  async function chatState(runId, state, timeoutMs) {
    const isIt = (payload) => payload.runId === runId && payload.state === state;
    return (await admin.event("chat", isIt, { timeoutMs })).payload;
  }
});
