// The panel's Nodes page in a real browser on the real gateway, with a real `landline node run`: what its owner does there.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BUILTIN } from "./lib/agents.mjs";
import { Panel, launchBrowser, newVisitor } from "./lib/browser.mjs";
import { Gateway } from "./lib/gateway.mjs";
import { OwnNode } from "./lib/node-host.mjs";

const MAIN = "agent:main:main";
const NODE = (home) => `
[location]
latitude = 52.5
longitude = 13.4
[fs.roots.work]
path = "${home}"
[commands."my.greet"]
program = ["/bin/sh", "-c", "cat"]
schema = { type = "object", required = ["name"], properties = { name = { type = "string", description = "Whom" }, loud = { type = "boolean" } } }
`;
const SURFACE = [
  { surfaceUpdate: { surfaceId: "s", components: [{ id: "root", component: { Text: { text: { literalString: "handed over" } } } }] } },
  { beginRendering: { surfaceId: "s", root: "root" } },
];
/** Everything that a page shows, in whatever shadow it stands. */
const SHOWN = `(function words(root) {
  return [...root.querySelectorAll("*")].map((e) => (e.shadowRoot ? words(e.shadowRoot) : "")).join("") + root.textContent;
})(document.body)`;

describe("the panel's Nodes page", () => {
  let gateway;
  let browser;
  let panel;
  let node;

  before(async () => {
    gateway = await Gateway.start({ name: "panel-nodes", config: BUILTIN });
    browser = await launchBrowser();
    panel = await Panel.open(await newVisitor(browser), gateway, gateway.announced.dashboard);
    await panel.online();
    await panel.page.evaluate(() => (location.hash = "#/nodes"));
    node = new OwnNode({ name: "Shed", config: NODE });
  });

  after(async () => {
    await node?.remove();
    await browser?.close();
    await gateway?.stop();
  });

  /** The node's card, once it is as `state` says. */
  const card = (state = "true") => panel.page.locator(`[data-testid="node"][data-connected="${state}"]`);

  /** Picks a command, fills its form in, calls it and returns what came back. */
  async function call(command, fields) {
    await panel.find("node-command").selectOption(command);
    const form = panel.page.locator(`[data-testid="invoke"][data-command="${command}"]`);
    for (const [name, value] of Object.entries(fields)) await form.locator(`[name="${name}"]`).fill(value);
    await form.getByTestId("invoke-run").click();
    const result = form.getByTestId("invoke-result");
    return panel.until(async () => (await result.innerText()).trim(), `the answer to ${command}`);
  }

  test("a machine that pairs appears by itself, and what it offers waits for a yes", async () => {
    const publicUrl = gateway.url.replace(/^http/, "ws");
    const { setupCode } = await gateway.call("device.pair.setupCode", { publicUrl, bootstrapProfile: "node" });
    node.run("--pair", setupCode);
    await panel.find("offer").filter({ hasText: "Shed" }).waitFor();
    assert.match(await panel.find("offer").innerText(), /my\.greet/);
    assert.match(await panel.find("offer").innerText(), /needs.*admin/);
    assert.match(await card().innerText(), /Nothing can be called/);
    await panel.pictures("nodes-offer");
    await panel.find("offer-approve").click();
    await panel.find("offer").waitFor({ state: "detached" });
    await card().getByTestId("node-command").waitFor();
  });

  test("it is given another name", async () => {
    await panel.find("node-rename").click();
    await panel.page.locator("dialog input").fill("Garden shed");
    await panel.page.locator("dialog input").press("Enter");
    await card().filter({ hasText: "Garden shed" }).waitFor();
    const { nodes } = await gateway.call("node.list");
    assert.deepEqual(nodes.map((row) => row.displayName), ["Garden shed"]);
  });

  test("its commands are called with forms made from their schemas, and the answers are shown", async () => {
    await panel.find("node-command").selectOption("my.greet");
    await panel.page.locator('[data-testid="invoke"] [name="name"]').waitFor();
    assert.match(await panel.find("invoke").innerText(), /name \*\s*Whom/);
    assert.deepEqual(await panel.page.locator('[data-testid="invoke"] [name="loud"] option').allInnerTexts(), ["not given", "true", "false"]);
    assert.match(await call("my.greet", { name: "you" }), /"name": "you"/);
    await panel.pictures("nodes-call");
    assert.match(await call("system.which", { bins: "uname" }), /\/uname/);
    assert.match(await call("system.run", { command: "uname -s" }), /exit code 0[\s\S]*Linux/);
    assert.match(await call("location.get", {}), /52\.5/);
    assert.match(await call("fs.read", { path: "work/../../etc/passwd" }), /INVALID|DENIED|outside/i);
    await panel.pictures("nodes-refused");
  });

  test("surfaces that are handed to it directly are shown on its screen", async (t) => {
    const { nodes: [{ nodeId, commands }] } = await gateway.call("node.list");
    if (!commands.includes("canvas.a2ui.push")) return t.skip("no Chromium for the node");
    const invoke = (command, params) => gateway.call("node.invoke", { nodeId, command, params, idempotencyKey: crypto.randomUUID() });
    const shown = async () => (await invoke("canvas.eval", { javaScript: SHOWN })).payload.result;
    await assert.rejects(invoke("canvas.a2ui.push", { messages: SURFACE }), /present it first/);
    await gateway.call("canvas.present", { sessionKey: MAIN, nodeId, view: "a2ui" });
    assert.equal((await invoke("canvas.a2ui.push", { messages: SURFACE })).payload.messages, 2);
    await panel.until(async () => (await shown()).includes("handed over"), "the surface");
    await invoke("canvas.a2ui.reset", {});
    await panel.until(async () => !(await shown()).includes("handed over"), "nothing");
    await invoke("canvas.a2ui.pushJSONL", { jsonl: SURFACE.map((message) => JSON.stringify(message)).join("\n") });
    await panel.until(async () => (await shown()).includes("handed over"), "the surface again");
    await gateway.call("canvas.a2ui.push", { sessionKey: MAIN, nodeId, messages: SURFACE });
    assert.equal((await shown()).split("handed over").length, 2, "what comes by both ways is there once");
  });

  test("when the machine goes, the page says so by itself, and nothing can be called", async () => {
    await node.end();
    await card("false").waitFor();
    assert.match(await card("false").innerText(), /away/);
    assert.ok(await panel.find("node-command").isDisabled());
    panel.assertClean();
  });
});
