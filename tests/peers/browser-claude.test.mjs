// The panel in a real browser with the real Claude Code behind it, which talks to a local Messages API.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { claudeAgent, claudeEnv, messagesApi } from "./lib/agents.mjs";
import { Panel, launchBrowser, newVisitor } from "./lib/browser.mjs";
import { Gateway } from "./lib/gateway.mjs";

const MAIN = "agent:main:main";
/** Starting Claude Code takes a while on a busy machine. */
const LONG = { timeoutMs: 90_000 };

describe("panel with Claude Code", () => {
  let api;
  let gateway;
  let browser;
  let panel;

  before(async () => {
    api = await messagesApi();
    gateway = await Gateway.start({ name: "panel-claude", config: claudeAgent("main"), env: claudeEnv(api), claude: true });
    browser = await launchBrowser();
    const { stdout } = await gateway.landline(["dashboard", "--json"]);
    panel = await Panel.open(await newVisitor(browser), gateway, JSON.parse(stdout).url);
    await panel.online();
    await panel.goToChat(MAIN);
  });

  after(async () => {
    await browser?.close();
    await gateway?.stop();
    await api?.stop();
  });

  test("an answer streams word by word", async () => {
    await panel.say("slow 30");
    await panel.answer("slow 30", ["streaming"], { matching: /\bw2\b(?![\s\S]*\bw30\b)/, ...LONG });
    const answer = await panel.answer("slow 30", ["final"], LONG);
    assert.match(answer.text, /w1 w2 .*w29 w30/s);
  });

  test("a harmless tool runs without asking and is shown", async () => {
    await panel.say("use-tool echo hi-there");
    const answer = await panel.answer("use-tool echo hi-there", ["final"], { matching: /tool said: hi-there/, ...LONG });
    assert.equal(answer.state, "final");
    const tool = panel.find("tool").last();
    assert.equal(await tool.getAttribute("data-tool"), "Bash");
    assert.equal(await tool.getAttribute("data-state"), "done");
  });

  test("a tool that writes asks, and runs once it is allowed", async () => {
    const command = `touch ${join(gateway.root, "allowed.txt")} && echo written`;
    await panel.say(`use-tool ${command}`);
    await panel.find("approval").waitFor({ timeout: LONG.timeoutMs });
    assert.ok((await panel.find("approval-command").innerText()).includes(command));
    assert.ok(!existsSync(join(gateway.root, "allowed.txt")), "it waits for the answer");
    await panel.pictures("approval");
    await panel.find("approval-allow").click();
    await panel.answer(`use-tool ${command}`, ["final"], { matching: /tool said: .*written/s, ...LONG });
    assert.ok(existsSync(join(gateway.root, "allowed.txt")));
    assert.equal(await panel.find("approval").count(), 0);
  });

  test("a tool that is denied does not run, and the agent is told", async () => {
    const command = `touch ${join(gateway.root, "denied.txt")}`;
    await panel.say(`use-tool ${command}`);
    await panel.find("approval-deny").click({ timeout: LONG.timeoutMs });
    await panel.answer(`use-tool ${command}`, ["final"], { matching: /tool said:/, ...LONG });
    assert.ok(!existsSync(join(gateway.root, "denied.txt")));
    assert.equal(await panel.find("tool").last().getAttribute("data-state"), "error");
  });

  test("a running answer is stopped", async () => {
    await panel.say("slow 300");
    await panel.answer("slow 300", ["streaming"], { matching: /\bw5\b/, ...LONG });
    await panel.find("stop").click();
    const stopped = await panel.answer("slow 300", ["aborted"]);
    assert.match(stopped.text, /\bw5\b/);
    assert.doesNotMatch(stopped.text, /\bw300\b/);
  });

  test("after a restart the agent still knows the conversation", async () => {
    panel.gatewayGoes = true;
    await gateway.restart();
    await panel.online();
    await panel.say("history");
    const answer = await panel.answer("history", ["final"], { matching: /history:/, ...LONG });
    assert.match(answer.text, /slow 30/);
    assert.match(answer.text, /use-tool echo hi-there/);
    await panel.pictures("claude");
  });

  test("nothing went wrong in the page", () => panel.assertClean());
});
