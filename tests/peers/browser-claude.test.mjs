// The panel in a real browser on a gateway that nobody configured, with the real Claude Code on the PATH behind it, which
// talks to a local Messages API.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { claudeSettings, messagesApi } from "./lib/agents.mjs";
import { Panel, launchBrowser, newVisitor } from "./lib/browser.mjs";
import { Gateway } from "./lib/gateway.mjs";
import { sameAsTranscript } from "./lib/transcript.mjs";

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
    gateway = await Gateway.start({ name: "panel-claude", homeFiles: claudeSettings(api), claude: true });
    browser = await launchBrowser();
    panel = await Panel.open(await newVisitor(browser), gateway, gateway.announced.dashboard);
    await panel.online();
    await panel.page.locator(`[data-testid="chat"][data-session-key="${MAIN}"][data-loaded="true"]`).waitFor();
  });

  after(async () => {
    await browser?.close();
    await gateway?.stop();
    await api?.stop();
  });

  test("an answer streams word by word", async () => {
    await panel.say("slow 30");
    await panel.answer("slow 30", ["streaming"], { matching: /\bw2\b(?![\s\S]*\bw30\b)/, ...LONG });
    await panel.pictures("streaming");
    const answer = await panel.answer("slow 30", ["final"], LONG);
    assert.match(answer.text, /w1 w2 .*w29 w30/s);
  });

  test("a harmless tool runs without asking and is shown", async () => {
    await panel.say("use-tool echo hi-there");
    await panel.answer("use-tool echo hi-there", ["final"], { matching: /tool said: hi-there/, ...LONG });
    const tool = (await panel.tools()).at(-1);
    assert.deepEqual([tool.name, tool.state, tool.summary], ["Bash", "done", "echo hi-there"]);
    assert.match(tool.body, /Result.*hi-there/s);
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

  test("a question survives a reload of the page, and a denied tool does not run", async () => {
    const command = `touch ${join(gateway.root, "denied.txt")}`;
    await panel.say(`use-tool ${command}`);
    await panel.find("approval").waitFor({ timeout: LONG.timeoutMs });
    await panel.reload(MAIN);
    assert.deepEqual((await panel.tools()).at(-1).state, "running");
    await panel.find("approval-deny").click();
    await panel.answer(`use-tool ${command}`, ["final"], { matching: /tool said:/, ...LONG });
    assert.ok(!existsSync(join(gateway.root, "denied.txt")));
    assert.equal((await panel.tools()).at(-1).state, "error");
  });

  test("a reload shows texts and tools as they were shown live", async () => {
    const shown = async () => ({ tools: await panel.tools(), rows: await panel.rows() });
    await sameAsTranscript(panel, gateway, MAIN);
    const live = await shown();
    assert.equal(live.tools.length, 3);
    await panel.reload(MAIN);
    await panel.until(async () => (await panel.tools()).length === 3, "three tools");
    assert.deepEqual(await shown(), live);
    await panel.find("tool").nth(1).locator("summary").click();
    await panel.find("tool").last().locator("summary").click();
    await panel.pictures("tools");
  });

  test("a running answer is stopped", async () => {
    await panel.say("slow 300");
    await panel.answer("slow 300", ["streaming"], { matching: /\bw5\b/, ...LONG });
    await panel.find("stop").click();
    const stopped = await panel.answer("slow 300", ["aborted"]);
    assert.match(stopped.text, /\bw5\b/);
    assert.doesNotMatch(stopped.text, /\bw300\b/);
    await sameAsTranscript(panel, gateway, MAIN);
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

  for (const [signal, words] of [["SIGTERM", 40], ["SIGKILL", 41]]) {
    test(`${signal} in the middle of an answer loses and doubles nothing`, async () => {
      const question = `slow ${words}`;
      await panel.say(question);
      await panel.answer(question, ["streaming"], { matching: /\bw5\b/, ...LONG });
      await gateway.restart(signal);
      await panel.online();
      const ended = await panel.answer(question, ["final", "error"], { matching: /|/, ...LONG });
      if (ended.state === "error") assert.ok(ended.foot.length > 0, "the row says why it ended");
      else assert.match(ended.text, new RegExp(`\\bw${words}\\b`));
      const said = ended.text.match(/\bw\d+\b/g) ?? [];
      assert.deepEqual(said, [...new Set(said)], "no word twice");
      await sameAsTranscript(panel, gateway, MAIN);
      await panel.say(`after ${signal}`);
      await panel.answer(`after ${signal}`, ["final"], { matching: new RegExp(`echo: after ${signal}`), ...LONG });
      await panel.pictures(`after-${signal.toLowerCase()}`);
    });
  }

  test("a question that was open when the gateway was killed is asked again, once", async () => {
    const file = join(gateway.root, "asked-again.txt");
    const question = `use-tool touch ${file} && echo again`;
    await panel.say(question);
    await panel.find("approval").waitFor({ timeout: LONG.timeoutMs });
    const first = await panel.find("approval").getAttribute("data-approval-id");
    await gateway.restart("SIGKILL");
    await panel.online();
    const other = panel.page.locator(`[data-testid="approval"]:not([data-approval-id="${first}"])`);
    await other.waitFor({ timeout: LONG.timeoutMs });
    assert.equal(await panel.find("approval").count(), 1, "the old question is gone");
    assert.ok(!existsSync(file));
    await panel.find("approval-allow").click();
    await panel.answer(question, ["final"], { matching: /tool said: .*again/s, ...LONG });
    assert.ok(existsSync(file));
    await sameAsTranscript(panel, gateway, MAIN);
  });

  test("while the model is overloaded the page says that it is tried again", async () => {
    await panel.say("fail-once 529");
    await panel.page.getByText(/Trying again \(1 of/).waitFor({ timeout: LONG.timeoutMs });
    await panel.pictures("retry");
    await panel.answer("fail-once 529", ["final"], { matching: /echo: 529/, ...LONG });
  });

  test("nothing went wrong in the page", () => panel.assertClean());
});
