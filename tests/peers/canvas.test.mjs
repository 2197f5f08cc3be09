// Canvases in a real browser: shown, live, shut off from the panel, and A2UI whose buttons reach the session.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BUILTIN } from "./lib/agents.mjs";
import { Panel, launchBrowser, newVisitor } from "./lib/browser.mjs";
import { Gateway, TOKEN } from "./lib/gateway.mjs";
import { connected } from "./lib/wire.mjs";

const KEY = "agent:main:drawing";

/** What a hostile page tries; each line answers "refused" or what it got hold of. */
const BREAK_OUT = `<!doctype html><title>hostile</title><body><pre id="report"></pre><script>
const tried = {};
async function attempt(name, act) {
  try { tried[name] = "GOT " + String(await act()).slice(0, 200); } catch (error) { tried[name] = "refused"; }
}
const socket = (path) => new Promise((resolve, reject) => {
  const opened = new WebSocket(location.href.replace(/^http/, "ws").replace(/(\\/\\/[^/]+).*/, "$1" + path));
  opened.onmessage = ({ data }) => resolve(data);
  opened.onerror = () => reject(new Error("no socket"));
});
const stored = () => new Promise((resolve, reject) => {
  const request = indexedDB.open("landline");
  request.onsuccess = () => resolve([...request.result.objectStoreNames]);
  request.onerror = () => reject(request.error);
});
(async () => {
  await attempt("localStorage", () => localStorage.length);
  await attempt("sessionStorage", () => sessionStorage.length);
  await attempt("cookie", () => document.cookie);
  await attempt("indexedDB", stored);
  await attempt("caches", () => caches.keys());
  await attempt("parent document", () => { if (parent === window) throw 0; return parent.document.title; });
  await attempt("top document", () => { if (top === window) throw 0; return top.document.title; });
  await attempt("fetch panel", () => fetch("/").then((response) => response.text()));
  await attempt("fetch health", () => fetch("/health", { mode: "no-cors" }).then((response) => response.type));
  await attempt("fetch metrics", () => fetch("/metrics").then((response) => response.text()));
  await attempt("fetch elsewhere", () => fetch("http://127.0.0.1:9/", { mode: "no-cors" }));
  await attempt("XMLHttpRequest", () => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", "/health");
    request.onload = () => resolve(request.responseText);
    request.onerror = reject;
    request.send();
  }));
  await attempt("gateway socket", () => socket("/"));
  await attempt("gateway socket by name", () => socket("/__landline__/ws"));
  await attempt("script of the panel", () => new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/assets/any.js";
    script.onload = () => resolve("loaded");
    script.onerror = reject;
    document.head.append(script);
  }));
  await attempt("frame of the panel", () => new Promise((resolve, reject) => {
    addEventListener("securitypolicyviolation", reject, { once: true });
    const frame = document.createElement("iframe");
    frame.src = "/";
    frame.onload = () => { try { resolve(frame.contentDocument.title + frame.contentWindow.localStorage.length); } catch (error) { reject(error); } };
    document.body.append(frame);
  }));
  await attempt("window", () => { if (!open("/")) throw 0; return "opened"; });
  await attempt("service worker", () => navigator.serviceWorker.register("x.js"));
  await attempt("top navigation", () => { if (top === window) throw 0; top.location.href = "/"; return "went"; });
  tried.origin = String(origin);
  tried.data = await fetch("data.json").then((response) => response.json()).then(({ mine }) => mine, String);
  document.querySelector("#report").textContent = JSON.stringify(tried);
})();
</script></body>`;

const OLD_BUTTON = [
  { surfaceUpdate: { surfaceId: "old", components: [
    { id: "root", component: { Column: { children: { explicitList: ["title", "buy"] } } } },
    { id: "title", component: { Text: { text: { literalString: "Old **surface**" }, usageHint: "h2" } } },
    { id: "label", component: { Text: { text: { literalString: "Buy old" } } } },
    { id: "buy", component: { Button: { child: "label", action: { name: "buy_old", context: [{ key: "item", value: { path: "/item" } }] } } } },
  ] } },
  { dataModelUpdate: { surfaceId: "old", contents: [{ key: "item", valueString: "tea" }] } },
  { beginRendering: { surfaceId: "old", root: "root" } },
];

const NEW_BUTTON = [
  { version: "v0.9", createSurface: { surfaceId: "new", catalogId: "https://a2ui.org/specification/v0_9/catalogs/basic/catalog.json" } },
  { version: "v0.9", updateComponents: { surfaceId: "new", components: [
    { id: "root", component: "Card", child: "column" },
    { id: "column", component: "Column", children: ["title", "divider", "buy"] },
    { id: "title", component: "Text", text: "New surface" },
    { id: "divider", component: "Divider" },
    { id: "label", component: "Text", text: "Buy new" },
    { id: "buy", component: "Button", child: "label", action: { event: { name: "buy_new", context: { item: { path: "/item" } } } } },
  ] } },
  { version: "v0.9", updateDataModel: { surfaceId: "new", path: "/item", value: "coffee" } },
];

describe("canvas", () => {
  let gateway;
  let browser;
  let wire;
  let files;
  let surfaces;

  const call = (method, params = {}) => wire.request(method, { sessionKey: KEY, ...params });
  const write = (path, content) => call("canvas.write", { path, content });

  /** The report of the hostile page that `frame` shows. */
  async function report(frame) {
    const element = frame.locator("#report");
    // By time: a frame that is out of view draws nothing, and the default is to look whenever it draws.
    await frame.waitForFunction(() => document.querySelector("#report")?.textContent, undefined, { polling: 100 });
    return JSON.parse(await element.textContent());
  }

  function assertShutIn(tried) {
    const { origin, data, ...rest } = tried;
    assert.equal(origin, "null", "it has an origin of its own");
    assert.equal(data, true, "it reads its own files");
    const got = Object.entries(rest).filter(([, outcome]) => outcome !== "refused");
    assert.deepEqual(got, [], "it got hold of something");
  }

  before(async () => {
    gateway = await Gateway.start({ name: "canvas", config: BUILTIN });
    browser = await launchBrowser();
    wire = await connected(gateway.url, { token: TOKEN });
    const urls = await wire.request("plugin.surface.refresh", { surface: "canvas", sessionKey: KEY });
    files = gateway.url + urls.filesPath;
    surfaces = gateway.url + urls.a2uiPath;
  });

  after(async () => {
    await wire?.close();
    await browser?.close();
    await gateway?.stop();
  });

  test("a page waits for what is drawn, shows it, and is loaded anew when it changes", async () => {
    const page = await browser.newPage();
    await page.goto(files);
    await page.getByText("Nothing is drawn here yet.").waitFor();
    await write("style.css", "h1 { color: rgb(1, 2, 3); }");
    await write("index.html", '<!doctype html><link rel="stylesheet" href="style.css"><h1>First</h1><script type="module" src="app.mjs"></script>');
    await page.getByRole("heading", { name: "First" }).waitFor();
    assert.equal(await page.locator("h1").evaluate((heading) => getComputedStyle(heading).color), "rgb(1, 2, 3)");
    await write("app.mjs", "document.querySelector('h1').textContent += ' by module';");
    await page.getByRole("heading", { name: "First by module" }).waitFor();
    await page.close();
  });

  test("scripts run in the page and answer", async () => {
    const page = await browser.newPage();
    await page.goto(files);
    await page.getByRole("heading", { name: "First by module" }).waitFor();
    const evaluate = async (javaScript) => (await call("canvas.eval", { javaScript })).result;
    assert.equal(await untilViewed(() => evaluate("document.querySelector('h1').textContent")), "First by module");
    assert.deepEqual(await evaluate("Promise.resolve({ sum: 40 + 2 })"), { sum: 42 });
    assert.equal(await evaluate("undefined"), null);
    const failed = await wire.call("canvas.eval", { sessionKey: KEY, javaScript: "nowhere.to.be.found" });
    assert.equal(failed.error.details.code, "CANVAS_EVAL_FAILED");
    assert.match(failed.error.message, /nowhere is not defined/);
    await page.close();
  });

  /** Repeats until a page shows the canvas. */
  async function untilViewed(act) {
    for (let left = 100; ; left--) {
      try {
        return await act();
      } catch (error) {
        if (left === 0 || !/no page shows|loaded anew/.test(error.message)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  test("a hostile page in a tab of its own reaches nothing of the gateway", async () => {
    await write("data.json", '{ "mine": true }');
    await write("hostile.html", BREAK_OUT);
    const page = await browser.newPage();
    await page.goto(`${files}hostile.html`);
    assertShutIn(await report(page.mainFrame()));
    await page.close();
  });

  test("a hostile page in the panel's frame reaches nothing of the panel", async () => {
    const { stdout } = await gateway.landline(["dashboard", "--json"]);
    const panel = await Panel.open(await newVisitor(browser), gateway, JSON.parse(stdout).url);
    await panel.online();
    await panel.page.evaluate(() => localStorage.setItem("secret", "of the panel"));
    await panel.page.evaluate((src) => {
      const frame = Object.assign(document.createElement("iframe"), { src, name: "canvas" });
      document.body.append(frame);
    }, `${files}hostile.html`);
    await panel.until(() => panel.page.frame("canvas"), "the frame");
    assertShutIn(await report(panel.page.frame("canvas")));
    assert.ok(panel.page.url().startsWith(gateway.url), "the panel is where it was");
    await panel.page.close();
  });

  test("nobody else's page may show it in a frame", async () => {
    const page = await browser.newPage();
    await page.setContent(`<iframe name="canvas" src="${files}"></iframe>`);
    await page.waitForTimeout(500);
    const text = await page.frame("canvas")?.evaluate(() => document.body?.innerText ?? "").catch(() => "");
    assert.doesNotMatch(text ?? "", /First/);
    await page.close();
  });

  test("A2UI surfaces of both versions are shown, and a button becomes a turn of the session", async () => {
    await call("canvas.a2ui.push", { messages: OLD_BUTTON });
    const page = await browser.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await page.goto(surfaces);
    await page.getByRole("heading", { name: "Old surface" }).waitFor();
    await call("canvas.a2ui.push", { messages: NEW_BUTTON });
    await page.getByText("New surface").waitFor();
    for (const [label, name, item] of [["Buy old", "buy_old", "tea"], ["Buy new", "buy_new", "coffee"]]) {
      const from = wire.frames.length;
      await page.getByRole("button", { name: label }).click();
      await wire.event("chat", ({ state, sessionKey }) => state === "final" && sessionKey === KEY, { from });
      const { messages } = await wire.request("chat.history", { sessionKey: KEY, limit: 10 });
      const said = JSON.stringify(messages.filter(({ role }) => role === "user").at(-1));
      assert.match(said, new RegExp(name), said);
      assert.match(said, new RegExp(item), said);
      assert.match(said, /\[\[chat context: data/);
    }
    await call("canvas.a2ui.push", { messages: [{ deleteSurface: { surfaceId: "old" } }] });
    await page.getByText("Old surface").waitFor({ state: "detached" });
    await page.reload();
    await page.getByText("New surface").waitFor();
    assert.equal(await page.getByText("Old surface").count(), 0, "what was deleted stays away");
    await call("canvas.a2ui.reset");
    await page.getByText("Nothing is shown here yet.").waitFor();
    assert.deepEqual(problems, []);
    await page.close();
  });

  test("when the connection that asked for it is closed, the page is neither live nor there", async () => {
    const other = await connected(gateway.url, { token: TOKEN });
    const urls = await other.request("plugin.surface.refresh", { surface: "canvas", sessionKey: KEY });
    const page = await browser.newPage();
    await page.goto(gateway.url + urls.filesPath);
    await page.getByRole("heading").waitFor();
    await other.close();
    const answer = await page.goto(gateway.url + urls.filesPath);
    assert.equal(answer.status(), 401);
    assert.equal((await answer.json()).error.code, "CANVAS_CAPABILITY_INVALID");
    await page.close();
  });
});
