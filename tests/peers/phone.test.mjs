// A phone, played after the apps' sources: one setup code, two sockets, over TLS with the certificate that the code names.
import assert from "node:assert/strict";
import { request } from "node:https";
import { after, before, describe, test } from "node:test";
import { BUILTIN } from "./lib/agents.mjs";
import { newDevice } from "./lib/device.mjs";
import { Gateway } from "./lib/gateway.mjs";
import { PhoneSocket, readSetupCode } from "./lib/phone.mjs";

const CONFIG = `[gateway.tls]\nenabled = true\n[nodes.commands]\nallow = ["camera.snap", "canvas.present"]\n${BUILTIN}`;
const PICTURE = Buffer.from("not really a picture").toString("base64");
const COMMANDS = ["camera.list", "camera.snap", "camera.clip", "canvas.present", "device.info", "location.get", "system.notify"];
const SURFACE = { role: "node", mode: "node", scopes: [], caps: ["camera", "canvas", "device", "location"], commands: COMMANDS,
  permissions: { camera: true, location: false } };

/** GET over TLS without looking at the certificate; answers {status, headers, text}. */
function get(url) {
  return new Promise((resolve, reject) => {
    request(url, { rejectUnauthorized: false }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    }).on("error", reject).end();
  });
}

describe("a phone", () => {
  let gateway;
  let code;
  let node;
  let operator;
  const device = newDevice();
  const asked = [];
  const invoke = (command, params = {}) =>
    gateway.call("node.invoke", { nodeId: device.deviceId, command, params, idempotencyKey: crypto.randomUUID() });

  before(async () => {
    gateway = await Gateway.start({ name: "phone", config: CONFIG });
    code = readSetupCode((await gateway.call("device.pair.setupCode")).setupCode);
  });

  after(async () => {
    await node?.close();
    await operator?.close();
    await gateway?.stop();
  });

  test("pairs in one step, and both its roles get a token", async () => {
    assert.match(code.url, /^wss:/);
    assert.equal(code.tlsFingerprint, gateway.announced.tlsFingerprint);
    node = await PhoneSocket.dial(code.url, code.tlsFingerprint);
    const { ok, error, payload } = await node.enter(device, { ...SURFACE, auth: { bootstrapToken: code.bootstrapToken } });
    assert.ok(ok, JSON.stringify(error));
    assert.equal(payload.type, "hello-ok");
    for (const field of ["server", "features", "snapshot", "auth", "policy"]) assert.equal(typeof payload[field], "object", field);
    assert.equal(payload.auth.role, "node");
    assert.ok(payload.auth.deviceToken);
    const other = payload.auth.deviceTokens.find((token) => token.role === "operator");
    operator = await PhoneSocket.dial(code.url, code.tlsFingerprint);
    const entered = await operator.enter(device, { role: "operator", mode: "ui", scopes: other.scopes, auth: { deviceToken: other.deviceToken } });
    assert.ok(entered.ok, JSON.stringify(entered.error));
    node.hello = payload;
    const row = (await operator.request("node.list")).nodes.find(({ nodeId }) => nodeId === device.deviceId);
    assert.deepEqual([row.connected, row.approvalState], [true, "approved"]);
    assert.ok(row.commands.includes("camera.snap") && !row.commands.includes("camera.clip"), `only what the owner allowed: ${row.commands}`);
  });

  test("the code works once", async () => {
    const thief = newDevice();
    const socket = await PhoneSocket.dial(code.url, code.tlsFingerprint);
    const { ok, error } = await socket.enter(thief, { ...SURFACE, auth: { bootstrapToken: code.bootstrapToken } });
    assert.deepEqual([ok, error.details.code], [false, "AUTH_BOOTSTRAP_TOKEN_INVALID"]);
  });

  test("takes a picture, because its owner allowed that", async () => {
    node.serve(device, (command, params) => {
      asked.push({ command, params });
      if (command === "camera.snap") return { format: "jpg", base64: PICTURE, width: 4, height: 3 };
      if (command === "location.get") return Object.assign(new Error("switched off"), { code: "LOCATION_DISABLED" });
      return {};
    });
    const { payload } = await invoke("camera.snap", { facing: "front", maxWidth: 640 });
    assert.deepEqual(payload, { format: "jpg", base64: PICTURE, width: 4, height: 3 });
    assert.deepEqual(asked.at(-1), { command: "camera.snap", params: { facing: "front", maxWidth: 640 } });
    await assert.rejects(invoke("camera.clip"), /not allowed/);
    await assert.rejects(invoke("location.get"), /LOCATION_DISABLED/);
  });

  test("gets a canvas by a capability URL, which ends with its connection", async () => {
    const base = node.hello.pluginSurfaceUrls.canvas;
    assert.match(base, /^https:\/\/127\.0\.0\.1:\d+\/__(openclaw|landline)__\/cap\/[\w-]{24}$/);
    const refreshed = await node.request("node.pluginSurface.refresh", { surface: "canvas" });
    assert.ok(refreshed.pluginSurfaceUrls.canvas.startsWith(base.slice(0, base.indexOf("/cap/"))));
    const sessionKey = "agent:main:main";
    await gateway.call("canvas.write", { sessionKey, path: "index.html", content: "<p>for the phone</p>" });
    await gateway.call("canvas.present", { sessionKey, nodeId: device.deviceId });
    const { url } = asked.at(-1).params;
    const page = await get(new URL(url, base));
    assert.deepEqual([page.status, page.text.includes("for the phone")], [200, true], `${url}: ${page.text.slice(0, 200)}`);
    assert.equal((await get(new URL(url.replace(/cap\/[\w-]{24}/, `cap/${"A".repeat(24)}`), base))).status, 401);
    await node.close();
    assert.equal((await get(new URL(url, base))).status, 401, "the capability ended with the connection");
  });

  test("comes back with its device tokens alone, and the newest socket counts", async () => {
    const auth = { deviceToken: node.hello.auth.deviceToken };
    const first = await PhoneSocket.dial(code.url, code.tlsFingerprint);
    assert.ok((await first.enter(device, { ...SURFACE, auth })).ok);
    node = await PhoneSocket.dial(code.url, code.tlsFingerprint);
    const again = await node.enter(device, { ...SURFACE, auth });
    assert.ok(again.ok, JSON.stringify(again.error));
    await first.untilClosed();
    node.serve(device, () => ({ model: "iPhone17,1" }));
    assert.equal((await invoke("device.info")).payload.model, "iPhone17,1");
    assert.equal((await gateway.call("node.list")).nodes.length, 1, "no ghost");
  });
});
