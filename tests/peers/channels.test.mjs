// The panel's page of channels in a real browser, on the real gateway and a platform that real bots take for Telegram.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BUILTIN } from "./lib/agents.mjs";
import { Panel, launchBrowser, newVisitor } from "./lib/browser.mjs";
import { FakeTelegram } from "./lib/fake-telegram.mjs";
import { Gateway } from "./lib/gateway.mjs";

const ADA = 7;

describe("channels in the panel", () => {
  let telegram;
  let gateway;
  let browser;
  let panel;
  let chat;

  before(async () => {
    telegram = await FakeTelegram.start();
    chat = await telegram.person(ADA, "Ada");
    gateway = await Gateway.start({ name: "channels", config: BUILTIN });
    browser = await launchBrowser();
    const { stdout } = await gateway.landline(["dashboard", "--json"]);
    panel = await Panel.open(await newVisitor(browser), gateway, JSON.parse(stdout).url);
    await panel.online();
  });

  after(async () => {
    await browser?.close();
    await gateway?.stop();
    await telegram?.stop();
  });

  /** What the bot said in Ada's chat so far. */
  const said = async () => (await telegram.ask("messages", { chat })).filter((message) => message.from_bot);

  test("a bot is added with its token and is alive", async () => {
    await panel.find("nav-channels").click();
    await panel.find("add-token").fill(telegram.token);
    await panel.page.getByText("More", { exact: true }).click();
    await panel.find("add-root").fill(telegram.root);
    await panel.find("add-submit").click();
    const bot = panel.page.locator('[data-testid="bot"][data-channel="telegram"]');
    await bot.waitFor();
    await bot.getByText("connected", { exact: true }).waitFor({ timeout: 30_000 });
    assert.ok(!(await panel.page.content()).includes(telegram.token), "the token is nowhere in the page");
    await panel.pictures("channels-bot");
  });

  test("somebody who writes is let in with one click and answered", async () => {
    await telegram.say(chat, ADA, "hello");
    const asks = panel.page.locator('[data-testid="stranger"]');
    await asks.waitFor();
    const code = await asks.getAttribute("data-code");
    const told = await panel.until(async () => (await said()).find((message) => message.text.includes(code)), "the same code in the chat");
    assert.ok(told);
    await panel.pictures("channels-stranger");
    await panel.find("stranger-approve").click();
    await asks.waitFor({ state: "detached" });
    await telegram.say(chat, ADA, "/help");
    await panel.until(async () => (await said()).find((message) => message.text.includes("/status")), "an answer on Telegram");
  });

  test("the list of chats says where each is held", async () => {
    await panel.find("nav-chat").click();
    const row = panel.page.locator('[data-testid="session"][data-session-key="agent:main:telegram:direct:7"]');
    await row.waitFor();
    assert.match(await row.innerText(), /telegram/i);
    await panel.pictures("channels-chats");
  });

  test("a bot is stopped, started and removed", async () => {
    await panel.find("nav-channels").click();
    await panel.find("bot-stop").click();
    await panel.page.getByText("stopped", { exact: true }).waitFor();
    await panel.find("bot-start").click();
    await panel.page.getByText("connected", { exact: true }).waitFor({ timeout: 30_000 });
    await panel.find("bot-remove").click();
    await panel.find("dialog-confirm").click();
    await panel.page.getByText("No bot yet.").waitFor();
    panel.assertClean();
  });
});
