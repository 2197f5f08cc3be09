// The reference client `@openclaw/gateway-client`: pairs, keeps its device token, follows events, survives a restart.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { BUILTIN } from "./lib/agents.mjs";
import { hostDeps, newDevice } from "./lib/device.mjs";
import { gatewayFor } from "./lib/gateway.mjs";
import { load } from "./lib/modules.mjs";

const SESSION = "agent:main:main";
const SCOPES = ["operator.admin", "operator.read", "operator.write", "operator.pairing"];
const PATIENCE_MS = 30_000;

/** A started client with everything it was told, in order. */
async function startClient(t, gateway, { device, deps, ...options }) {
  const { GatewayClient } = await load("@openclaw/gateway-client");
  const told = { hellos: [], events: [], gaps: [], closes: [], errors: [], paused: [] };
  const waiters = new Set();
  const note = (list) => (...args) => {
    told[list].push(args.length === 1 ? args[0] : args);
    for (const check of [...waiters]) check();
  };
  const client = new GatewayClient({
    url: gateway.url.replace(/^http/, "ws"), clientName: "gateway-client", mode: "ui", clientVersion: "1.0.0",
    platform: "linux", deviceIdentity: device, hostDeps: deps, scopes: SCOPES, caps: ["tool-events"],
    onHelloOk: note("hellos"), onEvent: note("events"), onGap: note("gaps"), onClose: note("closes"),
    onConnectError: note("errors"), onReconnectPaused: note("paused"), ...options,
  });
  /** Waits until `list` holds an entry that `matches`, and answers it. */
  const until = (list, matches = () => true, what = list) => new Promise((resolve, reject) => {
    const check = () => {
      const found = told[list].find(matches);
      if (found === undefined) return;
      clearTimeout(timer);
      waiters.delete(check);
      resolve(found);
    };
    const timer = setTimeout(() => reject(new Error(`no ${what}; errors: ${told.errors.map((e) => e.message).join("; ")}`)), PATIENCE_MS);
    waiters.add(check);
    check();
  });
  t.after(() => client.stopAndWait().catch(() => {}));
  client.start();
  return { client, told, until };
}

/** Sends a chat message and answers {deltas, final} once the run has ended. */
async function chat({ client, told, until }, message) {
  const runId = randomUUID();
  const ofRun = (event) => event.event === "chat" && event.payload.runId === runId;
  const answer = await client.request("chat.send", { sessionKey: SESSION, message, idempotencyKey: runId });
  assert.deepEqual(answer, { runId, status: "started" });
  const final = await until("events", (event) => ofRun(event) && event.payload.state === "final", "final chat event");
  const mine = told.events.filter(ofRun).map((event) => event.payload);
  return { runId, deltas: mine.filter((payload) => payload.state === "delta"), final: final.payload, mine };
}

const plain = (message) => message.content.map((part) => part.text ?? "").join("");

test("gateway-client pairs, chats, and comes back with its device token alone", async (t) => {
  const gateway = await gatewayFor(t, { config: BUILTIN });
  const device = newDevice();
  const deps = hostDeps(device);
  const first = await startClient(t, gateway, { device, deps, token: gateway.token });

  await t.test("is paired silently on loopback and keeps a device token", async () => {
    const hello = await first.until("hellos");
    assert.equal(hello.protocol, 4);
    assert.equal(hello.auth.role, "operator");
    const stored = deps.store.get(`${device.deviceId}/operator`);
    assert.equal(stored.token, hello.auth.deviceToken);
    const { paired } = await first.client.request("device.pair.list", {});
    assert.deepEqual(paired.map((row) => row.deviceId), [device.deviceId]);
    assert.ok(!JSON.stringify(paired).includes(stored.token), "a list never holds a token");
  });

  await t.test("streams an answer as deltas that add up to the final text", async () => {
    const { deltas, final, mine } = await chat(first, "hello from the reference client");
    assert.ok(deltas.length > 0, "at least one delta");
    assert.equal(deltas.map((delta) => delta.deltaText).join(""), plain(final.message));
    assert.equal(plain(deltas.at(-1).message), plain(final.message));
    const order = mine.map((payload) => payload.seq);
    assert.deepEqual(order, [...order].sort((a, b) => a - b), "per-run seq grows");
  });

  await t.test("sees every frame number once and in order", () => {
    const numbers = first.told.events.map((event) => event.seq).filter((seq) => seq !== undefined);
    assert.ok(numbers.length > 0);
    assert.deepEqual(numbers, numbers.map((_, index) => numbers[0] + index));
    assert.deepEqual(first.told.gaps, []);
  });

  await t.test("an answer given twice to the same key is the same run", async () => {
    const key = randomUUID();
    const send = () => first.client.request("chat.send", { sessionKey: SESSION, message: "once", idempotencyKey: key });
    assert.equal((await send()).runId, key);
    await first.until("events", (e) => e.event === "chat" && e.payload.runId === key && e.payload.state === "final");
    assert.deepEqual(await send(), { runId: key, status: "ok" });
    await assert.rejects(
      first.client.request("chat.send", { sessionKey: SESSION, message: "other", idempotencyKey: key }),
      (error) => error.gatewayCode === "INVALID_REQUEST",
    );
  });

  await t.test("is told of the restart, closed with 1012, and reconnects by itself", async () => {
    await gateway.restart();
    const shutdown = await first.until("events", (event) => event.event === "shutdown", "shutdown event");
    assert.ok(shutdown.payload.reason.length > 0);
    const [code] = await first.until("closes");
    assert.equal(code, 1012);
    await first.until("hellos", (hello) => hello !== first.told.hellos[0], "second hello");
    assert.deepEqual(first.told.paused, []);
  });

  await t.test("connects with nothing but its device token after the restart", async () => {
    const second = await startClient(t, gateway, { device, deps, scopes: undefined });
    const hello = await second.until("hellos");
    assert.deepEqual([...hello.auth.scopes].sort(), [...SCOPES].sort());
    const { messages } = await second.client.request("chat.history", { sessionKey: SESSION, limit: 20 });
    assert.ok(messages.some((row) => JSON.stringify(row).includes("hello from the reference client")));
    const { deltas, final } = await chat(second, "and again");
    assert.ok(deltas.length > 0 && plain(final.message).length > 0);
  });

  await t.test("is refused with a foreign token and without pairing afterwards", async () => {
    const stranger = newDevice();
    const strangerDeps = hostDeps(stranger, new Map([[`${stranger.deviceId}/operator`, { token: "A".repeat(43), scopes: SCOPES }]]));
    const refused = await startClient(t, gateway, { device: stranger, deps: strangerDeps });
    const error = await refused.until("errors");
    assert.match(error.details.code, /^AUTH_DEVICE_TOKEN_MISMATCH|AUTH_TOKEN_MISMATCH$/);
    assert.deepEqual(refused.told.hellos, []);
  });
});
