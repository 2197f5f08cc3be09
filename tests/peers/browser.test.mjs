// The panel in a real browser on the real gateway, with the built-in agent and with programs: what a person does and sees.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { BUILTIN, COMMANDS } from "./lib/agents.mjs";
import { Panel, launchBrowser, newVisitor } from "./lib/browser.mjs";
import { newDevice } from "./lib/device.mjs";
import { Gateway, TOKEN } from "./lib/gateway.mjs";
import { sameAsTranscript } from "./lib/transcript.mjs";
import { Wire, connected } from "./lib/wire.mjs";

const MAIN = "agent:main:main";
const SLOW = "agent:slow:main";

describe("panel", () => {
  let gateway;
  let browser;
  let visitor;
  let panel;
  let link;
  /** Somebody who only knows the address. */
  let stranger;

  before(async () => {
    gateway = await Gateway.start({ name: "panel", config: BUILTIN + COMMANDS });
    browser = await launchBrowser();
    visitor = await newVisitor(browser);
  });

  after(async () => {
    await browser?.close();
    await gateway?.stop();
  });

  test("without a link it waits for an approval and says how to get in", async () => {
    stranger = await Panel.open(await newVisitor(browser), gateway);
    await stranger.page.locator('[data-testid="welcome"][data-reason="pairing"]').waitFor();
    const request = (await stranger.find("request-id").innerText()).trim();
    assert.match(await stranger.find("command").first().innerText(), new RegExp(`landline devices approve ${request}`));
    assert.match(await stranger.find("welcome").innerText(), /landline dashboard/);
    await stranger.pictures("welcome");
  });

  test("`landline dashboard` prints a link that lets the browser in", async () => {
    const { code, stdout, stderr } = await gateway.landline(["dashboard", "--json"]);
    assert.equal(code, 0, stderr);
    link = JSON.parse(stdout).url;
    assert.ok(link.startsWith(`${gateway.url}/#bootstrap=`), link);
    panel = await Panel.open(visitor, gateway, link);
    await panel.online();
    assert.ok(!panel.page.url().includes("bootstrap"), "the token is gone from the address");
    await panel.page.locator(`[data-testid="chat"][data-session-key="${MAIN}"][data-loaded="true"]`).waitFor();
    await panel.pictures("empty");
  });

  test("the link works once", async () => {
    const other = await newVisitor(browser);
    const late = await Panel.open(other, gateway, link);
    await late.page.locator('[data-testid="welcome"][data-reason="link"]').waitFor();
    assert.match(await late.find("command").first().innerText(), /landline dashboard/);
    await late.pictures("spent-link");
    late.assertClean();
    await other.close();
  });

  test("the built-in agent answers", async () => {
    await panel.goToChat(MAIN);
    await panel.say("hello there");
    const answer = await panel.answer("hello there");
    assert.ok(answer.text.length > 0);
    await panel.pictures("chat");
  });

  test("what was done is listed as tasks, and each has a page", async () => {
    await panel.find("nav-tasks").click();
    const row = panel.page.locator('[data-testid="task"][data-status="completed"]', { hasText: "hello there" });
    await row.waitFor();
    await panel.find("tasks-status").selectOption("failed");
    await row.waitFor({ state: "detached" });
    await panel.find("tasks-status").selectOption("completed");
    await panel.pictures("tasks");
    await row.locator("a").click();
    await panel.page.locator('[data-testid="task-page"][data-status="completed"]').waitFor();
    await panel.pictures("task");
    panel.assertClean();
    await panel.goToChat(MAIN);
  });

  test("after a reload it is let in again and shows the same rows", async () => {
    const earlier = await panel.rows();
    await panel.page.reload();
    await panel.online();
    await panel.goToChat(MAIN);
    const later = await panel.until(async () => {
      const rows = await panel.rows();
      return rows.length >= earlier.length && rows;
    }, "the rows it had before");
    assert.deepEqual(later.map(({ role, text }) => ({ role, text })), earlier.map(({ role, text }) => ({ role, text })));
  });

  test("slash commands are answered", async () => {
    await panel.say("/status");
    assert.match((await panel.answer("/status")).text, /main/);
    await panel.say("/whoami");
    assert.ok((await panel.answer("/whoami")).text.length > 0);
    await sameAsTranscript(panel, gateway, MAIN);
    await panel.pictures("commands");
  });

  test("a second tab shows what the first one says, once", async () => {
    const second = await Panel.open(visitor, gateway);
    await second.online();
    await second.goToChat(MAIN);
    await panel.say("from the first tab");
    await second.answer("from the first tab");
    await second.say("from the second tab");
    await panel.answer("from the second tab");
    for (const tab of [panel, second]) await sameAsTranscript(tab, gateway, MAIN);
    second.assertClean();
    await second.page.close();
  });

  test("an answer streams and can be stopped", async () => {
    await panel.goToChat(SLOW);
    await panel.say("start and stop");
    await panel.answer("start and stop", ["streaming"], { matching: /word3/ });
    await panel.find("stop").click();
    const stopped = await panel.answer("start and stop", ["aborted"]);
    assert.match(stopped.text, /word3/);
    assert.doesNotMatch(stopped.text, /word100/);
    await sameAsTranscript(panel, gateway, SLOW);
  });

  test("a restart in the middle of an answer loses and doubles nothing", async () => {
    for (const tab of [panel, stranger]) tab.gatewayGoes = true;
    await panel.say("go through a restart");
    await panel.answer("go through a restart", ["streaming"], { matching: /word3/ });
    await gateway.restart("SIGKILL");
    await panel.online();
    const ended = await panel.answer("go through a restart", ["final", "aborted", "error"], { timeoutMs: 60_000, matching: /|/ });
    if (ended.state !== "final") assert.ok(ended.foot.length > 0, "the row says why it ended");
    const words = (ended.text.match(/word\d+/g) ?? []).sort();
    assert.deepEqual(words, [...new Set(words)], "no word twice");
    await panel.pictures("interrupted");
    await sameAsTranscript(panel, gateway, SLOW);
  });

  test("what is written while the gateway is away is sent once when it is back", async () => {
    await panel.goToChat(MAIN);
    await gateway.end();
    await panel.until(() => panel.page.locator('[data-testid="connection"]:not([data-state="online"])').count(), "that it is offline");
    await panel.say("written offline");
    const isQueued = (row) => row.text.trim() === "written offline" && row.state === "queued";
    await panel.until(async () => (await panel.rows()).some(isQueued), "a queued row");
    await panel.pictures("offline");
    await gateway.resume();
    await panel.online();
    await panel.answer("written offline");
    await sameAsTranscript(panel, gateway, MAIN);
  });

  test("sessions are listed and found by what was said in them", async () => {
    await panel.until(async () => (await panel.find("session").count()) >= 2, "two sessions");
    await panel.find("search").fill("restart");
    await panel.until(async () => {
      const keys = await panel.find("session").evaluateAll((items) => items.map((item) => item.dataset.sessionKey));
      return keys.length === 1 && keys[0] === SLOW;
    }, "the one session where that was said");
    await panel.pictures("search");
    await panel.find("search").fill("");
  });

  test("the browser that waits is approved in the devices page, goes on by itself, and is revoked", async () => {
    await panel.find("nav-devices").click();
    await panel.find("device-paired").first().waitFor();
    const waiting = stranger.page.locator('[data-testid="welcome"][data-reason="pairing"]');
    await waiting.waitFor();
    const request = (await stranger.find("request-id").innerText()).trim();
    await panel.pictures("devices");
    await panel.page.locator(`[data-request-id="${request}"]`).getByTestId("device-approve").click();
    await stranger.online();
    const row = panel.page.locator('[data-testid="device-paired"]:not([data-own="true"])');
    await row.getByTestId("device-revoke").click();
    await panel.pictures("revoke");
    await panel.find("dialog-confirm").click();
    await stranger.find("welcome").waitFor();
    stranger.assertClean();
    await stranger.page.context().close();
  });

  test("a program is approved in the devices page, and revoking it closes its connection", async () => {
    const device = newDevice();
    const asking = { origin: gateway.url, token: TOKEN, device, scopes: ["operator.read"],
      client: { id: "openclaw-control-ui", mode: "webchat", platform: "Linux x86_64" } };
    const refused = await Wire.open(gateway.url, asking);
    const { error } = await refused.connect(asking);
    assert.equal(error.details.code, "PAIRING_REQUIRED");
    await panel.page.locator(`[data-request-id="${error.details.requestId}"]`).getByTestId("device-approve").click();
    await panel.page.locator(`[data-testid="device-paired"][data-device-id="${device.deviceId}"]`).waitFor();
    const accepted = await connected(gateway.url, asking);
    const closed = once(accepted.socket, "close");
    await panel.page.locator(`[data-device-id="${device.deviceId}"]`).getByTestId("device-revoke").click();
    await panel.find("dialog-confirm").click();
    assert.equal((await closed)[0], 4001);
  });

  test("the status page shows a healthy gateway", async () => {
    await panel.find("nav-status").click();
    await panel.until(async () => (await panel.find("fact-health").innerText()).includes("Healthy"), "a healthy gateway");
    await panel.pictures("status");
  });

  test("the keyboard alone is enough to ask", async () => {
    await panel.goToChat(MAIN);
    await panel.find("composer").focus();
    await panel.page.keyboard.type("typed by keyboard");
    await panel.page.keyboard.press("Enter");
    await panel.answer("typed by keyboard");
  });

  test("nothing went wrong in the page", () => panel.assertClean());
});
