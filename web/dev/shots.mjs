// Development only: walks through the panel in a real browser, checks what matters and takes pictures (SHOTS sets where).
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { startMock } from "./mock-gateway.mjs";

const folder = process.env.SHOTS ?? join(tmpdir(), "shots");
await mkdir(folder, { recursive: true });
const mock = await startMock();
const browser = await launch();
const problems = [];

async function open(options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1180, height: 800 },
    colorScheme: "light",
    ...options,
  });
  const page = await context.newPage();
  page.on("console", (line) => line.type() === "error" && problems.push(line.text()));
  page.on("pageerror", (error) => problems.push(String(error)));
  page.shot = (name) => page.screenshot({ path: join(folder, `${name}.png`) });
  page.paint = async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    // Colours fade for a moment.
    await page.waitForTimeout(300);
  };
  page.id = (id) => page.getByTestId(id);
  page.say = async (text) => {
    await page.id("composer").fill(text);
    await page.id("composer").press("Enter");
  };
  page.last = (role, state) =>
    page.locator(`[data-testid=message][data-role=${role}][data-state=${state}]`).last();
  return page;
}

async function online(page) {
  await page.locator("[data-testid=connection][data-state=online]").first().waitFor({ state: "attached" });
}

async function welcome() {
  const page = await open();
  await page.goto(`${mock.origin}/?gatewayUrl=ws://127.0.0.1:1/#gatewayUrl=ws://127.0.0.1:1/`);
  await page.id("request-id").waitFor();
  await page.shot("welcome-pairing");
  const requestId = await page.id("request-id").textContent();
  const row = mock.state.pending.find((other) => other.requestId === requestId);
  mock.state.pending = mock.state.pending.filter((other) => other !== row);
  mock.state.pair(row);
  await online(page);
  assert.equal(
    await page.evaluate(
      () => document.querySelectorAll("[style]").length - document.querySelectorAll("textarea[style]").length,
    ),
    0,
  );
  mock.state.tokens.clear();
  mock.state.paired = mock.state.paired.filter((other) => other !== row && other.deviceId !== row.deviceId);
  mock.state.pairingRequests = false;
  mock.drop();
  await page.locator("[data-testid=welcome][data-reason=link]").waitFor();
  await page.shot("welcome-link");
  mock.state.pairingRequests = true;
  await page.context().close();
}

async function conversation() {
  const page = await open();
  await page.goto(mock.link());
  await online(page);
  assert.ok(!page.url().includes("bootstrap"), "the token leaves the address");
  await page.shot("chat-start");
  await page.id("new-chat").click();
  await page.id("empty-chat").waitFor();
  await page.shot("chat-empty");
  await page.say("Use a tool, with permission");
  await page.id("approval").waitFor();
  await page.shot("approval-light");
  await page.paint("dark");
  await page.shot("approval-dark");
  await page.id("approval-allow").click();
  await page.waitForTimeout(1_100);
  await page.shot("streaming-dark");
  await page.last("assistant", "final").waitFor();
  await page.shot("chat-dark");
  await page.paint("light");
  await page.locator("[data-testid=tool] summary").last().click();
  await page.shot("chat-light");
  assert.notEqual(await page.title(), "hacked");
  const anchor = page.locator(".prose a").first();
  assert.equal(await anchor.getAttribute("rel"), "noopener noreferrer");
  assert.equal(await anchor.getAttribute("target"), "_blank");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: mock.origin });
  await page.id("copy-code").first().click();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^fn main\(\)[\s\S]*\}$/);
  assert.equal(await page.locator(".prose script, .prose img[onerror]").count(), 0);
  assert.equal(await page.locator("[data-testid=message]").count(), 2);
  await page.reload();
  await online(page);
  await page.last("assistant", "final").waitFor();
  assert.equal(await page.locator("[data-testid=message]").count(), 2);
  return page;
}

async function losses(page) {
  await page.say("short one");
  await page.last("assistant", "final").waitFor();
  await page.say("long answer");
  await page.last("assistant", "streaming").waitFor();
  mock.gap();
  await page.waitForTimeout(400);
  mock.drop();
  await page.say("short, written while away");
  await page.last("user", "queued").waitFor();
  await page.shot("reconnecting");
  await online(page);
  await page.id("stop").waitFor();
  await page.keyboard.press("Escape");
  await page.last("assistant", "aborted").waitFor();
  await page.waitForTimeout(1_000);
  const mine = await page.locator("[data-testid=message][data-role=user]").allTextContents();
  assert.deepEqual(mine, [
    "Use a tool, with permission",
    "short one",
    "long answer",
    "short, written while away",
  ]);
  assert.equal(await page.locator("[data-testid=message][data-role=assistant]").count(), 4);
  await page.say("please fail");
  await page.last("assistant", "error").waitFor();
  await page.shot("after-losses");
}

/** Scrolling up reads older rows; what was being read stays where it was, and no row comes twice. */
async function older(page) {
  const key = "agent:main:long";
  const line = (text) => page.locator(".rows").getByText(text, { exact: true });
  for (let at = 1; at <= 150; at += 1)
    mock.state.append(key, { role: at % 2 ? "user" : "assistant", content: `Line ${at}` });
  await page.goto(`${mock.origin}/#/chat/${encodeURIComponent(key)}`);
  await line("Line 150").waitFor();
  const mark = line("Line 95");
  const view = page.locator(".scroller");
  await view.evaluate((box) => box.scrollTo(0, 190));
  const before = await mark.boundingBox();
  await line("Line 31").waitFor({ state: "attached" });
  await page.waitForTimeout(200);
  const after = await mark.boundingBox();
  assert.ok(Math.abs(before.y - after.y) < 3, `the row moved from ${before.y} to ${after.y}`);
  await view.evaluate((box) => box.scrollTo(0, 0));
  await line("Line 1").waitFor({ state: "attached" });
  await page.waitForTimeout(200);
  assert.equal(await page.id("message").count(), 150);
  await page.shot("older");
}

/** A second tab of the same browser follows the same conversation, and neither doubles a line. */
async function twoTabs(page) {
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByTestId("composer").fill("short, from the other tab");
  await other.getByTestId("composer").press("Enter");
  for (const tab of [page, other]) {
    const rows = tab.locator(".rows");
    await rows.getByText("Done.", { exact: true }).waitFor();
    await tab.waitForTimeout(600);
    assert.equal(await rows.getByText("short, from the other tab", { exact: true }).count(), 1);
    assert.equal(await rows.getByText("Done.", { exact: true }).count(), 1);
  }
  await other.close();
}

async function pages(page) {
  await page.keyboard.press("Control+k");
  await page.id("search").fill("quince");
  await page.locator("[data-testid=session]").first().waitFor();
  await page.waitForTimeout(500);
  await page.shot("search");
  assert.equal(await page.id("session").count(), 1);
  await page.id("search").press("Escape");
  await page.id("nav-devices").click();
  await page.id("device-pending").first().waitFor();
  await page.shot("devices-light");
  await page.id("device-approve").first().click();
  await page.id("device-pending").first().waitFor({ state: "detached" });
  await page.id("device-revoke").first().click();
  await page.id("dialog").waitFor();
  await page.shot("dialog");
  await page.id("dialog-cancel").click();
  await page.paint("dark");
  await page.shot("devices-dark");
  await page.id("nav-status").click();
  await page.id("agent").first().waitFor();
  await page.shot("status-dark");
  await page.paint("light");
  await page.shot("status-light");
}

async function nodes(page) {
  await page.id("nav-nodes").click();
  await page.id("offer").first().waitFor();
  await page.shot("nodes-offer");
  await page.id("offer-approve").click();
  await page.id("offer").waitFor({ state: "detached" });
  const builder = page.locator("[data-node-id=b17de2f00dcafe]");
  await builder.getByTestId("node-command").selectOption("lamp.set");
  await builder.getByLabel("brightness").fill("bright");
  await builder.getByTestId("invoke-run").click();
  await builder.getByText("must be a whole number").waitFor();
  await builder.getByLabel("brightness").fill("70");
  await builder.getByTestId("invoke-run").click();
  await builder.getByText('"ok": true').waitFor();
  await page.shot("nodes-form");
  await builder.getByTestId("node-command").selectOption("screen.snapshot");
  await builder.getByTestId("invoke-run").click();
  await builder.locator("output img").waitFor();
  await page.shot("nodes-picture");
}

async function work(page) {
  await page.id("nav-tasks").click();
  await page.id("task").first().waitFor();
  await page.shot("tasks");
  await page.id("tasks-status").selectOption("failed");
  await page.locator("[data-testid=task][data-status=running]").waitFor({ state: "detached" });
  await page.id("tasks-status").selectOption("");
  await page.locator("[data-testid=task][data-status=running] a").click();
  await page.id("task-output").getByText("Three places").waitFor();
  await page.id("task-say").fill("And the party by name, please");
  await page.id("task-send").click();
  await page.id("notice").waitFor();
  await page.shot("task");
  await page.id("task-cancel").click();
  await page.id("dialog-confirm").click();
  await page.locator("[data-testid=task-page][data-status=cancelled]").waitFor();
  await page.id("task-retry").click();
  await page.locator("[data-testid=task-page][data-status=queued]").waitFor();
  await page.id("nav-workers").click();
  await page.locator("[data-testid=worker][data-name=attic]").getByTestId("worker-drain").click();
  await page.locator("[data-name=attic][data-status=draining]").waitFor();
  await page.shot("workers");
}

async function phone() {
  const page = await open({
    viewport: { width: 360, height: 720 },
    hasTouch: true,
    isMobile: true,
    deviceScaleFactor: 2,
  });
  await page.goto(mock.link());
  await online(page);
  await page.say("tool please, and permission");
  await page.id("approval").waitFor();
  await page.shot("phone-approval");
  await page.id("approval-deny").click();
  await page.last("assistant", "streaming").waitFor();
  await page.waitForTimeout(2_500);
  await page.shot("phone-streaming");
  await page.id("open-drawer").click();
  await page.waitForTimeout(400);
  await page.shot("phone-drawer");
  assert.equal(
    await page.evaluate(() => document.activeElement?.getAttribute("aria-label")),
    "Close the chat list",
  );
  await page.keyboard.press("Escape");
  await page.locator(".sidebar.open").waitFor({ state: "detached" });
  await page.waitForTimeout(300);
  assert.equal(await page.locator("main[inert]").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-testid")), "open-drawer");
  await page.id("open-drawer").click();
  await page.waitForTimeout(400);
  await page.id("nav-devices").click();
  await page.waitForTimeout(500);
  await page.shot("phone-devices");
  for (const name of ["tasks", "workers"]) {
    await page.goto(`${mock.origin}/#/${name}`);
    await page.id(name).waitFor();
    await page.waitForTimeout(300);
    await page.shot(`phone-${name}`);
  }
  await page.goto(`${mock.origin}/#/tasks/0198f3a0-0000-7000-8000-00000000aaaa`);
  await page.id("task-output").waitFor();
  await page.shot("phone-task");
  await page.goto(`${mock.origin}/#/approvals`);
  await page.id("approval-past").first().waitFor();
  await page.shot("phone-approvals");
  await page.goto(`${mock.origin}/#/nodes`);
  await page.id("node").first().waitFor();
  await page.shot("phone-nodes");
  await page.goto(`${mock.origin}/#/status`);
  await page.waitForTimeout(500);
  await page.shot("phone-status");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 360, `the page is ${wide} px wide`);
}

try {
  await welcome();
  const page = await conversation();
  await losses(page);
  await older(page);
  await twoTabs(page);
  await pages(page);
  await nodes(page);
  await work(page);
  await phone();
  const policy = problems.filter((line) => /Content Security Policy|Uncaught|Error:/.test(line));
  assert.deepEqual(policy, [], "no policy violation and no script error");
  console.log(`all seen; pictures in ${folder}`);
} finally {
  await browser.close();
  mock.stop();
  if (problems.length > 0) console.log(problems.join("\n"));
}
