// The real Claude Code draws on the canvas, which Chromium shows live, and uses a node after a person has said yes in the
// panel; a person who says no there is obeyed.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { claudeSettings, messagesApi } from "./lib/agents.mjs";
import { Panel, launchBrowser, newVisitor } from "./lib/browser.mjs";
import { newDevice } from "./lib/device.mjs";
import { Gateway, TOKEN } from "./lib/gateway.mjs";
import { connected } from "./lib/wire.mjs";

const MAIN = "agent:main:main";
const PATIENCE_MS = 60_000;
const CONFIG = '[nodes.commands]\nallow = ["camera.snap"]\n';
/** One white pixel. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==";
const tool = (name, input) => `call-tool mcp__landline__${name} ${JSON.stringify(input)}`;

describe("Claude Code with a canvas and a node", () => {
  let api;
  let gateway;
  let owner;
  let node;
  let device;
  let browser;
  let panel;

  before(async () => {
    api = await messagesApi();
    gateway = await Gateway.start({ name: "mcp-acceptance", config: CONFIG, homeFiles: claudeSettings(api), claude: true });
    owner = await connected(gateway.url, {
      token: TOKEN, caps: ["tool-events", "approvals"], client: { id: "cli", mode: "cli" },
    });
    device = newDevice();
    node = await connected(gateway.url, {
      token: TOKEN, device, role: "node", scopes: [], caps: ["camera"], client: { id: "node-host", mode: "node" },
      extra: { commands: ["camera.snap", "device.info"] },
    });
    const { pending } = await owner.request("node.pair.list", {});
    const asked = pending.find((request) => request.nodeId === device.deviceId);
    await owner.request("node.pair.approve", { requestId: asked.requestId });
    browser = await launchBrowser();
    panel = await Panel.open(await newVisitor(browser), gateway, gateway.announced.dashboard);
    await panel.online();
  });

  after(async () => {
    await browser?.close();
    await node?.close();
    await owner?.close();
    await gateway?.stop();
    await api?.stop();
  });

  /** Says something in the main conversation; the promise is the answer's text. */
  async function say(message) {
    const started = await owner.request("chat.send", { sessionKey: MAIN, message, idempotencyKey: crypto.randomUUID() });
    const isEnd = (chat) => chat.runId === started.runId && ["final", "error", "aborted"].includes(chat.state);
    const { payload } = await owner.event("chat", isEnd, { timeoutMs: PATIENCE_MS });
    assert.equal(payload.state, "final", JSON.stringify(payload));
    return payload.message.content.map((block) => block.text ?? "").join("");
  }

  /** Has the agent ask the node, waits for the question in the panel and presses `button` there; the promise is what the agent was told. */
  async function decided(button) {
    const answer = say(tool("node_invoke", { nodeId: device.deviceId, command: "camera.snap", params: { facing: "front" } }));
    await panel.goToChat(MAIN);
    await panel.find("approval").waitFor({ timeout: PATIENCE_MS });
    const title = await panel.find("approval").getAttribute("aria-label");
    assert.match(title, /main asks to use camera\.snap on /);
    const pending = await owner.request("exec.approval.list");
    assert.deepEqual(pending.map(({ request }) => request.sessionKey), [MAIN]);
    await panel.pictures(`node-${button}`);
    await panel.find(button).click();
    await panel.until(async () => (await panel.find("approval").count()) === 0, "no question any more");
    return { id: pending[0].id, answer };
  }

  test("it draws a page that a browser shows, and the browser follows its changes", async () => {
    const page = (word) => `<!doctype html><title>t</title><h1 id="word">${word}</h1>`;
    const answer = await say(`${tool("canvas_write", { path: "index.html", content: page("one") })}\n${tool("canvas_present", {})}`);
    assert.match(answer, /tool said: .*"ok":true/);
    const surface = await owner.request("plugin.surface.refresh", { surface: "canvas", sessionKey: MAIN });
    const tab = await (await browser.newContext()).newPage();
    await tab.goto(gateway.url + surface.filesPath);
    await tab.locator("#word", { hasText: "one" }).waitFor({ timeout: PATIENCE_MS });
    await say(tool("canvas_write", { path: "index.html", content: page("two") }));
    await tab.locator("#word", { hasText: "two" }).waitFor({ timeout: PATIENCE_MS });
    const read = await say(tool("canvas_eval", { javaScript: "document.querySelector('#word').textContent" }));
    assert.match(read, /"result":"two"/);
    await tab.close();
  });

  test("it may not draw on another conversation's canvas", async () => {
    const answer = await say(tool("canvas_write", { sessionKey: "agent:main:other", path: "index.html", content: "x" }));
    assert.match(answer, /FOREIGN_SESSION/);
  });

  test("it sees what nodes there are without anybody being asked", async () => {
    const answer = await say(tool("nodes_list", {}));
    assert.ok(answer.includes(device.deviceId), answer);
  });

  test("a picture is taken after a person has allowed it in the panel, and comes as a picture", async () => {
    const from = node.frames.length;
    const { answer } = await decided("approval-allow");
    const { payload: asked } = await node.event("node.invoke.request", () => true, { from, timeoutMs: PATIENCE_MS });
    assert.equal(asked.command, "camera.snap");
    const payloadJSON = JSON.stringify({ format: "png", base64: PIXEL, width: 1, height: 1 });
    await node.request("node.invoke.result", { id: asked.id, nodeId: asked.nodeId, ok: true, payloadJSON });
    assert.match(await answer, /^tool said: (?=.*\[image\]).*shown as image 1/s);
  });

  test("a person who says no in the panel is obeyed, and the agent reads it", async () => {
    const from = node.frames.length;
    const { id, answer } = await decided("approval-deny");
    assert.match(await answer, /tool said: .*(denied|refused|said no)/i);
    assert.equal(node.frames.slice(from).filter((frame) => frame.event === "node.invoke.request").length, 0);
    const { approval } = await owner.request("approval.get", { id });
    await panel.page.goto(gateway.url + approval.urlPath);
    await panel.find("approval-opened").getByTestId("approval-outcome").filter({ hasText: "denied" }).waitFor();
    await panel.page.getByTestId("approval-past").filter({ hasText: "allowed once" }).first().waitFor();
    await panel.pictures("approvals");
    panel.assertClean();
  });

  test("a call that waits for a person ends with its run", async () => {
    const from = owner.frames.length;
    const started = await owner.request("chat.send", {
      sessionKey: MAIN, idempotencyKey: crypto.randomUUID(),
      message: tool("node_invoke", { nodeId: device.deviceId, command: "camera.snap", params: {} }),
    });
    const asked = await owner.event("exec.approval.requested", () => true, { from, timeoutMs: PATIENCE_MS });
    await owner.request("chat.abort", { sessionKey: MAIN, runId: started.runId });
    const over = (resolved) => resolved.id === asked.payload.id;
    await owner.event("exec.approval.resolved", over, { from, timeoutMs: PATIENCE_MS });
    const late = await owner.call("exec.approval.resolve", { id: asked.payload.id, decision: "allow-once" });
    assert.equal(late.ok, false, JSON.stringify(late));
  });
});
