// The panel in a real Chromium: opens it, reads its rows, types into it, and notices everything that goes wrong in it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { load, program } from "./modules.mjs";
import { reportFolder } from "./gateway.mjs";

const PATIENCE_MS = 30_000;
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };

/** Starts Debian's Chromium without a window. The caller closes it. */
export async function launchBrowser() {
  const { chromium } = await load("playwright-core");
  const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic", "--no-first-run"];
  const sandbox = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: program("LANDLINE_TEST_CHROMIUM"), headless: true, args: [...quiet, ...sandbox] });
}

/** One visitor: a browser profile of its own, in which several tabs may be opened. */
export async function newVisitor(browser) {
  const context = await browser.newContext({ viewport: DESKTOP, colorScheme: "light", reducedMotion: "reduce" });
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`CSP violation: ${event.effectiveDirective} ${event.blockedURI}`);
    });
  });
  return context;
}

/** One tab of the panel. `problems` lists console errors, exceptions and requests to elsewhere. */
export class Panel {
  /** Opens `link` (default: the gateway's own address) in a new tab of `visitor`. */
  static async open(visitor, gateway, link = `${gateway.url}/`) {
    const panel = new Panel(await visitor.newPage(), gateway);
    await panel.page.goto(link);
    return panel;
  }

  constructor(page, gateway) {
    this.page = page;
    this.problems = [];
    this.gatewayGoes = false;
    page.on("console", (message) => {
      if (message.type() === "error") this.#problem(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => this.#problem(`exception: ${error.stack ?? error}`));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(`${gateway.url}/`) && !/^(data|blob):/.test(url)) this.#problem(`request to ${url}`);
    });
  }

  /** While the gateway is away, the browser itself reports that it can't connect; nothing else is forgiven. */
  #problem(text) {
    const unreachable = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection to .* failed/;
    if (this.gatewayGoes && unreachable.test(text)) return;
    this.problems.push(text);
  }

  /** An element by its data-testid. */
  find(testid) {
    return this.page.getByTestId(testid);
  }

  /** Repeats `attempt` until it answers something true, and answers that. */
  async until(attempt, what, timeoutMs = PATIENCE_MS) {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = await attempt();
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`the page did not show ${what}:\n${await this.describe()}`);
      await pause(50);
    }
  }

  /** What the page shows, for failure messages. */
  async describe() {
    const text = await this.page.locator("body").innerText();
    return `${this.page.url()}\n${text.slice(0, 2000)}\nproblems: ${this.problems.join("; ") || "none"}`;
  }

  /** Waits until the panel is connected. */
  online() {
    return this.until(() => this.page.locator('[data-testid="connection"][data-state="online"]').count(), "that it is connected");
  }

  /** Goes to the chat with this session key and waits until it is loaded. */
  async goToChat(key) {
    await this.page.evaluate((hash) => (location.hash = hash), `#/chat/${encodeURIComponent(key)}`);
    const loaded = this.page.locator(`[data-testid="chat"][data-session-key="${key}"][data-loaded="true"]`);
    await this.until(() => loaded.count(), `the chat ${key}`);
  }

  /** Writes a message and sends it with Enter. */
  async say(text) {
    await this.find("composer").fill(text);
    await this.find("composer").press("Enter");
  }

  /** The rows of the open chat: {key, role, state, text, foot}; `text` without tool calls and foot lines. */
  rows() {
    return this.find("message").evaluateAll((elements) => elements.map((element) => {
      const copy = element.cloneNode(true);
      const foot = [...copy.querySelectorAll(".foot")].map((node) => node.textContent).join(" ");
      for (const node of copy.querySelectorAll("details, .foot, .working, .code-copy")) node.remove();
      const { key, role, state } = element.dataset;
      return { key, role, state, foot, text: copy.textContent };
    }));
  }

  /** The tool calls of the open chat: {name, state, summary, body}. */
  tools() {
    return this.find("tool").evaluateAll((elements) => elements.map((element) => ({
      name: element.dataset.tool,
      state: element.dataset.state,
      summary: element.querySelector(".tool-summary").textContent,
      body: element.querySelector(".tool-body").textContent,
    })));
  }

  /** Loads the page anew and opens the chat `key` again. */
  async reload(key) {
    await this.page.reload();
    await this.online();
    await this.goToChat(key);
  }

  /** Waits for the row that answers the user's row with exactly this text, in one of these states. */
  answer(question, states = ["final"], { matching = /./s, timeoutMs } = {}) {
    return this.until(async () => {
      const rows = await this.rows();
      const asked = rows.findLastIndex((row) => row.role === "user" && row.text.trim() === question);
      const isIt = (row) => row.role === "assistant" && states.includes(row.state) && matching.test(row.text);
      return asked >= 0 && rows.slice(asked + 1).find(isIt);
    }, `an answer to "${question}" (${states.join(" or ")}, ${matching})`, timeoutMs);
  }

  /** Pictures in target/screenshots: a desk in light and dark colours, and a phone's width. */
  async pictures(name) {
    const folder = reportFolder("screenshots");
    for (const scheme of ["light", "dark"]) {
      await this.page.emulateMedia({ colorScheme: scheme });
      await this.page.screenshot({ path: join(folder, `${name}-desktop-${scheme}.png`) });
    }
    await this.page.emulateMedia({ colorScheme: "light" });
    await this.page.setViewportSize(PHONE);
    const width = await this.page.evaluate(() => document.documentElement.scrollWidth);
    await this.page.screenshot({ path: join(folder, `${name}-phone.png`) });
    await this.page.setViewportSize(DESKTOP);
    assert.ok(width <= PHONE.width, `${name} is ${width} pixels wide on a phone`);
  }

  /** Fails when anything went wrong in the page so far. */
  assertClean() {
    assert.deepEqual(this.problems, []);
  }
}
