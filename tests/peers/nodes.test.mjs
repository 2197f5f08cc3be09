// Other machines: the stock node host on this machine and on another one behind a cable, and Landline's own node over TLS.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { BUILTIN } from "./lib/agents.mjs";
import { hostDeps, newDevice } from "./lib/device.mjs";
import { Gateway, TOKEN } from "./lib/gateway.mjs";
import { load } from "./lib/modules.mjs";
import { Cable } from "./lib/net.mjs";
import { OwnNode, StockNode } from "./lib/node-host.mjs";
import { OpenclawHome } from "./lib/openclaw.mjs";
import { connected as connectedWire } from "./lib/wire.mjs";

/** Waits until `look` answers something that is true; `what` names it in the failure. */
async function until(what, look, timeoutMs = 150_000) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`${what} did not happen within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** What a gateway knows of a node by its name; undefined if it is not in the list, an error if it is there twice. */
async function row(gateway, name) {
  const rows = (await gateway.call("node.list")).nodes.filter((node) => node.displayName === name);
  assert.ok(rows.length <= 1, `a ghost: ${JSON.stringify(rows)}`);
  return rows[0];
}

const connected = (gateway, node, wanted = true, timeoutMs) =>
  until(`${node.name} ${wanted ? "connected" : "gone"}`, async () => {
    if (wanted && !node.runs) throw new Error(`${node.name} ended by itself:\n${node.output}`);
    const found = await row(gateway, node.name);
    return found?.connected === wanted && found;
  }, timeoutMs).catch((error) => {
    throw new Error(`${error.message}\n${node.output.slice(-3000)}`);
  });

/** `landline ARGS` must end with 0; answers what it printed. */
async function succeeds(gateway, ...args) {
  const { code, stdout, stderr } = await gateway.landline(args);
  assert.equal(code, 0, `landline ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** Lets a device in that waits, as its owner does: by the id that the list shows. */
async function approveDevice(gateway, node) {
  const pending = await until("a device waits", async () => (await gateway.call("device.pair.list")).pending[0]);
  assert.equal(pending.role, "node");
  assert.ok(node.runs, `the node gave up:\n${node.output}`);
  await succeeds(gateway, "devices", "approve", pending.requestId);
  return pending.deviceId;
}

/** Allows what a node offers, as its owner does. */
async function approveSurface(gateway, node) {
  const waiting = await until("a surface waits", async () => {
    const { pending } = JSON.parse(await succeeds(gateway, "nodes", "pending", "--json").then((text) => `{"pending":${text}}`));
    return pending.find((request) => request.displayName === node.name);
  });
  await succeeds(gateway, "nodes", "approve", waiting.requestId);
}

/** Asks a node for the path of a program, by Landline's command line. */
async function which(gateway, node) {
  assert.match(await succeeds(gateway, "nodes", "which", node.name, "uname"), /uname\s+\/.*uname/);
}

/** The stock client library, connected as an owner on a device of its own. */
async function stockClient(gateway) {
  const { GatewayClient } = await load("@openclaw/gateway-client");
  const device = newDevice();
  return new Promise((resolve, reject) => {
    const client = new GatewayClient({
      url: gateway.url.replace(/^http/, "ws"), token: TOKEN, clientName: "gateway-client", mode: "ui", clientVersion: "1.0.0",
      platform: "linux", deviceIdentity: device, hostDeps: hostDeps(device), scopes: ["operator.admin"],
      onHelloOk: () => resolve(client), onConnectError: reject,
    });
    client.start();
  });
}

const invoked = (nodeId, command, params) =>
  ({ nodeId, command, params, timeoutMs: 20_000, idempotencyKey: crypto.randomUUID() });

describe("the stock node host on this machine", () => {
  let gateway;
  let home;
  let node;

  before(async () => {
    gateway = await Gateway.start({ name: "nodes-stock", config: BUILTIN });
    home = new OpenclawHome(gateway);
    node = new StockNode({ name: "Cellar", token: TOKEN }).run("--host", "127.0.0.1", "--port", String(gateway.port));
  });

  after(async () => {
    await node?.remove();
    home?.remove();
    await gateway?.stop();
  });

  test("pairs by the shared token, and what it offers waits", async () => {
    const found = await connected(gateway, node);
    assert.equal(found.approvalState, "pending-approval");
    assert.deepEqual(found.commands, []);
    await assert.rejects(gateway.call("node.invoke", invoked(found.nodeId, "system.which", { bins: ["uname"] })), /not allowed/);
    await approveSurface(gateway, node);
    await until("approved", async () => (await row(gateway, node.name)).approvalState === "approved");
    assert.ok((await row(gateway, node.name)).commands.includes("system.run"));
  });

  test("answers system.which and system.run through Landline's command line", async () => {
    await which(gateway, node);
    const { nodeId } = await row(gateway, node.name);
    const prepared = await gateway.call("node.invoke", invoked(nodeId, "system.run.prepare", { command: ["uname", "-s"] }));
    assert.deepEqual(prepared.payload.plan.argv.slice(1), ["-s"]);
    const run = await gateway.call("node.invoke", invoked(nodeId, "system.run", { command: ["sh", "-c", "echo out; echo err >&2; exit 3"] }));
    const { exitCode, success, stdout, stderr } = run.payload;
    assert.deepEqual({ exitCode, success, stdout: stdout.trim(), stderr: stderr.trim() }, { exitCode: 3, success: false, stdout: "out", stderr: "err" });
  });

  test("landline nodes exec runs a program, and who is no owner waits for one", async (t) => {
    assert.equal((await succeeds(gateway, "nodes", "exec", node.name, "--", "uname", "-s")).trim(), "Linux");
    assert.equal((await gateway.landline(["nodes", "exec", node.name, "--", "sh", "-c", "exit 3"])).code, 1);
    const { nodeId } = await row(gateway, node.name);
    const writer = await connectedWire(gateway.url, { token: TOKEN, scopes: ["operator.write"] });
    t.after(() => writer.close());
    const exec = (...command) => writer.call("node.exec", { nodeId, command, idempotencyKey: crypto.randomUUID() });
    const question = () => until("a question", async () => (await gateway.call("exec.approval.list"))[0]);
    const allowed = exec("uname", "-s");
    const asked = await question();
    assert.deepEqual([asked.request.host, asked.request.nodeId], ["node", nodeId]);
    await gateway.call("exec.approval.resolve", { id: asked.id, decision: "allow-once" });
    assert.equal((await allowed).payload.stdout.trim(), "Linux");
    const denied = exec("uname", "-s");
    await gateway.call("exec.approval.resolve", { id: (await question()).id, decision: "deny" });
    assert.equal((await denied).ok, false, "an approval is good for once, and a denied program is not run");
  });

  test("answers the stock command line", async () => {
    const { nodeId } = await row(gateway, node.name);
    const listed = await home.run("nodes", "status", ...home.address);
    assert.match(listed.text, /Paired: 1 · Connected: 1/);
    const found = await home.run("nodes", "invoke", "--node", nodeId, "--command", "system.which", "--params", '{"bins":["uname"]}', ...home.address, "--json");
    assert.equal(found.code, 0, found.text);
    assert.match(JSON.parse(found.stdout).payload.bins.uname, /\/uname$/);
    // Its `nodes invoke` refuses programs itself, before it says anything to a gateway.
    const own = await home.run("nodes", "invoke", "--node", nodeId, "--command", "system.run", "--params", '{"command":["uname"]}', ...home.address);
    assert.notEqual(own.code, 0);
    assert.match(own.text, /reserved for shell execution/);
    // Its `gateway call` asks for write only: what it wants to run waits for a person.
    const params = JSON.stringify(invoked(nodeId, "system.run", { command: ["echo", "hello"] }));
    const call = () => home.run("gateway", "call", "node.invoke", "--params", params, ...home.address, "--timeout", "60000", "--json");
    const question = () => until("a question", async () => (await gateway.call("exec.approval.list"))[0]);
    const denied = call();
    await gateway.call("exec.approval.resolve", { id: (await question()).id, decision: "deny" });
    const refused = await denied;
    assert.notEqual(refused.code, 0, refused.text);
    assert.match(refused.text, /not approved/);
    const allowed = call();
    const asked = await question();
    assert.match(asked.request.command, /echo hello$/);
    assert.equal(asked.request.nodeId, nodeId);
    await gateway.call("exec.approval.resolve", { id: asked.id, decision: "allow-once" });
    const ran = await allowed;
    assert.equal(ran.code, 0, ran.text);
    assert.equal(JSON.parse(ran.stdout).payload.stdout.trim(), "hello");
    const client = await stockClient(gateway);
    const { payload } = await client.request("node.invoke", invoked(nodeId, "system.run", { command: ["echo", "hello"] })).finally(() => client.stop());
    assert.equal(payload.stdout.trim(), "hello", "the stock client library as an owner is not asked");
    const unknown = await home.run("nodes", "invoke", "--node", nodeId, "--command", "camera.snap", "--params", "{}", ...home.address);
    assert.notEqual(unknown.code, 0);
    assert.match(unknown.text, /not allowed/);
  });

  test("comes back after the gateway and after itself, with its device token and no ghost", async () => {
    const { nodeId } = await row(gateway, node.name);
    await gateway.restart("SIGTERM");
    await connected(gateway, node);
    await which(gateway, node);
    await gateway.restart("SIGKILL");
    await connected(gateway, node);
    await which(gateway, node);
    await node.end("SIGKILL");
    await connected(gateway, node, false);
    await assert.rejects(gateway.call("node.invoke", invoked(nodeId, "system.which", { bins: ["uname"] })), /not connected/);
    delete node.extraEnv.OPENCLAW_GATEWAY_TOKEN;
    node.run("--host", "127.0.0.1", "--port", String(gateway.port));
    const found = await connected(gateway, node);
    assert.equal(found.nodeId, nodeId, "the same device");
    await which(gateway, node);
  });
});

const EXPOSED = (cable) => `[gateway]\nhost = "${cable.here.address}"\npublic_url = "https://${cable.here.address}:18789"\n[gateway.tls]\nenabled = true\n[nodes.commands]\nallow = ["fs.read", "fs.write", "fs.stat"]\n${BUILTIN}`;

describe("machines behind a cable, over TLS", () => {
  let cable;
  let gateway;
  let pin;
  const nodes = [];
  const remember = (node) => (nodes.push(node), node);

  before(async () => {
    cable = Cable.lay();
    if (!cable) return;
    gateway = await Gateway.start({ name: "nodes-cable", config: EXPOSED(cable), host: cable.here });
    pin = gateway.announced.tlsFingerprint;
    assert.match(pin, /^[0-9a-f]{64}$/);
  });

  after(async () => {
    await Promise.all(nodes.map((node) => node.remove()));
    await gateway?.stop();
    cable?.remove();
  });

  const remote = (name, body) =>
    test(name, async (t) => {
      if (!cable) return t.skip("LANDLINE_TEST_NO_NAMESPACES=1: no network namespaces on this machine");
      await body(t);
    });
  const address = () => ["--host", cable.here.address, "--port", String(gateway.port), "--tls", "--tls-fingerprint"];
  const setupCode = async () => {
    const made = await gateway.call("device.pair.setupCode", { publicUrl: `wss://${cable.here.address}:${gateway.port}`, bootstrapProfile: "node" });
    return made.setupCode;
  };

  remote("a stock node with the shared token waits, is approved twice, and comes in by itself", async () => {
    const node = remember(new StockNode({ host: cable.there, name: "Attic", token: TOKEN })).run(...address(), pin);
    const deviceId = await approveDevice(gateway, node);
    const found = await connected(gateway, node);
    assert.deepEqual([found.nodeId, found.remoteIp], [deviceId, cable.there.address]);
    await approveSurface(gateway, node);
    await until("approved", async () => (await row(gateway, node.name)).approvalState === "approved");
    await which(gateway, node);
    const run = await gateway.call("node.invoke", invoked(deviceId, "system.run", { command: ["ip", "-br", "address"] }));
    assert.ok(run.payload.stdout.includes(cable.there.address), "it ran over there");
  });

  remote("a stock node with a setup code pins what the code names", async () => {
    const node = remember(new StockNode({ host: cable.there, name: "Barn" })).run("--pair", await setupCode());
    await connected(gateway, node);
    await approveSurface(gateway, node);
    await until("approved", async () => (await row(gateway, node.name)).approvalState === "approved");
    await which(gateway, node);
  });

  remote("a stock node refuses another certificate", async () => {
    const wrong = [...pin].reverse().join("");
    const node = remember(new StockNode({ host: cable.there, name: "Stranger", token: TOKEN })).run(...address(), wrong);
    await until("it says so", () => /fingerprint/i.test(node.output));
    assert.equal(await row(gateway, node.name), undefined);
    await node.end();
  });

  remote("Landline's node refuses another certificate and takes the pinned one", async () => {
    const url = `wss://${cable.here.address}:${gateway.port}`;
    const wrong = [...pin].reverse().join("");
    const node = remember(new OwnNode({ host: cable.there, name: "Shed", config: own }));
    for (const args of [["--tls-fingerprint", wrong], []]) {
      node.output = "";
      node.run("--gateway", url, ...args);
      assert.equal((await node.exited, node.child.ended.code), 4, node.output);
      assert.ok(node.output.includes(pin), `it names what it was shown: ${node.output}`);
      assert.equal((await gateway.call("device.pair.list")).pending.length, 0, "nothing was said to the gateway");
    }
    node.run("--pair", await setupCode());
    await connected(gateway, node);
    await approveSurface(gateway, node);
    await until("approved", async () => (await row(gateway, node.name)).approvalState === "approved");
    await which(gateway, node);
  });

  remote("Landline's node does all that its machine offers", async () => {
    const { nodeId, commands } = await row(gateway, "Shed");
    const ask = async (command, params = {}) => (await gateway.call("node.invoke", invoked(nodeId, command, params))).payload;
    const show = async (id) => {
      await gateway.call("canvas.write", { sessionKey: "agent:main:main", path: "index.html", content: "<title>drawn</title>" });
      return gateway.call("canvas.present", { sessionKey: "agent:main:main", nodeId: id });
    };
    const seen = new Set();
    for (const [command, params, check] of ALL) {
      if (!commands.includes(command)) continue;
      seen.add(command);
      check(command === "canvas.present" ? await show(nodeId) : await ask(command, params));
    }
    const left = commands.filter((command) => !seen.has(command) && !BY_OTHER_MEANS.test(command));
    assert.deepEqual(left, [], "every command that it offers was asked for");
    for (const wanted of ["device.info", "fs.read", "location.get", "system.which", "my.greet"]) assert.ok(seen.has(wanted), `${wanted} is offered`);
    await assert.rejects(ask("fs.read", { path: "work/../../state/node/node.toml" }), /INVALID|DENIED|NOT|outside/i);
    await assert.rejects(ask("my.greet", { name: 5 }), /name|schema|INVALID/i);
  });

  remote("a cut cable: gone within its time, back by themselves, no ghost", async () => {
    const there = nodes.filter((node) => node.runs);
    assert.ok(there.length >= 3, "stock and own nodes are connected");
    cable.cut();
    await Promise.all(there.map((node) => connected(gateway, node, false, 120_000)));
    cable.mend();
    await Promise.all(there.map((node) => connected(gateway, node, true, 120_000)));
    for (const node of there) await which(gateway, node);
    const { nodes: rows } = await gateway.call("node.list");
    assert.equal(rows.length, there.length, "no ghost");
  });

  remote("a short cut is not even noticed", async () => {
    const there = nodes.filter((node) => node.runs);
    cable.cut();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    cable.mend();
    for (const node of there) await which(gateway, node);
  });

  remote("after a restart of the gateway all are back with their device tokens", async () => {
    const there = nodes.filter((node) => node.runs);
    await gateway.restart("SIGKILL");
    assert.equal(gateway.announced.tlsFingerprint, pin, "the certificate stays");
    await Promise.all(there.map((node) => connected(gateway, node)));
    for (const node of there) await which(gateway, node);
  });
});

const own = (home) => `
[location]
latitude = 52.5
longitude = 13.4
[fs.roots.work]
path = "${home}"
write = true
[commands."my.greet"]
program = ["/bin/sh", "-c", "cat"]
schema = { type = "object", required = ["name"], properties = { name = { type = "string" } } }
`;

const has = (...names) => (payload) => names.forEach((name) => assert.ok(name in payload, `${name} in ${JSON.stringify(payload).slice(0, 300)}`));

/** Every command of Landline's node that a machine without camera and screen can have, with what shows that it worked. */
const ALL = [
  ["device.info", {}, has("platform")],
  ["device.status", {}, (payload) => assert.ok(Object.keys(payload).length > 0)],
  ["location.get", {}, (payload) => assert.deepEqual([payload.lat, payload.lon], [52.5, 13.4])],
  ["system.which", { bins: ["uname"] }, (payload) => assert.match(payload.bins.uname, /uname/)],
  ["system.run.prepare", { command: ["uname", "-s"] }, has("plan")],
  ["system.notify", { title: "a", body: "b" }, () => {}],
  ["fs.write", { path: "work/note.txt", content: "hello" }, () => {}],
  ["fs.read", { path: "work/note.txt" }, (payload) => assert.ok(JSON.stringify(payload).includes("hello") || JSON.stringify(payload).includes("aGVsbG8"))],
  ["fs.stat", { path: "work/note.txt" }, (payload) => assert.ok(JSON.stringify(payload).includes("5"))],
  ["fs.listDir", { path: "work" }, (payload) => assert.ok(JSON.stringify(payload).includes("note.txt"))],
  ["my.greet", { name: "you" }, (payload) => assert.deepEqual(payload, { name: "you" })],
  ["canvas.present", {}, () => {}],
  ["canvas.eval", { javaScript: "document.title" }, (payload) => assert.match(String(payload.result), /drawn/)],
  ["canvas.snapshot", { format: "png" }, has("base64")],
  ["canvas.hide", {}, () => {}],
];

/** Run by plan and approval, by methods of their own, or with a page of the gateway's: other tests have them. */
const BY_OTHER_MEANS = /^(system\.run|system\.execApprovals\.(get|set)|canvas\.navigate|canvas\.a2ui\..*|camera\..*|screen\..*)$/;
