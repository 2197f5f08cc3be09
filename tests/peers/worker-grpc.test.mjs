// A worker in another language over gRPC: the client of those who write gRPC, loaded from the service's file.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import tls from "node:tls";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { Gateway } from "./lib/gateway.mjs";
import { GrpcWorker, library, standardServices } from "./lib/grpc.mjs";

const PATIENCE_MS = 30_000;

/** Asks until the answer is true. */
async function until(what, ask) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < end, `never: ${what}`);
    await sleep(50);
  }
}

/** A network that can be cut. */
class Cable {
  static async to(port) {
    const cable = new Cable();
    cable.server = net.createServer((near) => {
      const far = net.connect(port, "127.0.0.1");
      cable.lines.add(near);
      for (const [from, to] of [[near, far], [far, near]]) {
        from.pipe(to);
        from.on("error", () => to.destroy());
        from.on("close", () => to.destroy());
      }
    });
    await new Promise((done) => cable.server.listen(0, "127.0.0.1", done));
    cable.target = `127.0.0.1:${cable.server.address().port}`;
    return cable;
  }

  lines = new Set();

  cut() {
    for (const line of this.lines) line.resetAndDestroy();
    this.lines.clear();
  }

  end() {
    this.cut();
    this.server.close();
  }
}

describe("a worker over gRPC", () => {
  let gateway;
  let lib;
  let token;
  let worker;

  const start = (command, more = {}) =>
    new GrpcWorker(lib, { name: "js", token, target: `127.0.0.1:${gateway.port}`, command, ...more });
  const row = async (name = "js") => (await gateway.call("workers.list")).workers.find((row) => row.name === name);
  const online = () => until("the worker is there", async () => (await row())?.online);
  const dispatch = async (message) => {
    const params = { idempotencyKey: randomUUID(), on: "node:js", message, maxRetries: 0 };
    return (await gateway.call("tasks.dispatch", params)).taskId;
  };
  const task = async (taskId) => (await gateway.call("tasks.get", { taskId })).task;
  const ended = (taskId) =>
    until("the task ends", async () => {
      const now = await task(taskId);
      return ["completed", "failed", "cancelled", "timed_out"].includes(now.status) && now;
    });
  const output = async (taskId) => {
    let [text, after] = ["", undefined];
    for (;;) {
      const page = await gateway.call("tasks.output", { taskId, ...(after && { after }) });
      for (const { step } of page.chunks) text += step.delta ?? "";
      if (page.done) return text;
      after = page.next;
    }
  };
  const count = (to) => Array.from({ length: to }, (_, n) => `${n + 1}\n`).join("");

  before(async () => {
    lib = await library();
    gateway = await Gateway.start({ name: "worker-grpc" });
    ({ token } = await gateway.call("workers.token.create", { name: "js" }));
  });

  after(async () => {
    worker?.stop();
    await gateway?.stop();
  });

  test("performs a whole task", async () => {
    worker = start(["sh", "-c", "cat; echo; seq 1 2000"]);
    await online();
    assert.equal((await row()).transport, "grpc");
    const id = await dispatch("hello");
    const done = await ended(id);
    assert.equal(done.status, "completed", JSON.stringify(done));
    assert.equal(done.worker, "js");
    assert.equal(await output(id), `hello\n${count(2000)}`);
    worker.stop();
    await until("it is gone", async () => !(await row()).online);
  });

  test("fails and is cancelled", async () => {
    worker = start(["sh", "-c", "read what; echo $what; [ $what = fail ] && exit 3; exec sleep 600"]);
    await online();
    const failing = await dispatch("fail\n");
    assert.equal((await ended(failing)).status, "failed");
    const id = await dispatch("wait\n");
    await until("it runs", async () => (await row()).running === 1 && (await task(id)).status === "running");
    await gateway.call("tasks.cancel", { taskId: id });
    assert.equal((await ended(id)).status, "cancelled");
    worker.stop();
  });

  test("keeps its run when the line is cut, and its output is whole", async () => {
    const cable = await Cable.to(gateway.port);
    const [ran, go] = [join(gateway.root, "ran"), join(gateway.root, "go")];
    const script = `echo x >> ${ran}; seq 1 3000; while [ ! -e ${go} ]; do sleep 0.05; done; seq 3001 6000`;
    worker = start(["sh", "-c", script], { target: cable.target });
    await online();
    const id = await dispatch("go");
    await until("it runs", async () => (await task(id)).status === "running");
    cable.cut();
    await until("it comes back", () => worker.connections >= 2);
    await online();
    writeFileSync(go, "");
    cable.cut();
    assert.equal((await ended(id)).status, "completed");
    assert.equal(await output(id), count(6000));
    assert.equal(readFileSync(ran, "utf8"), "x\n");
    worker.stop();
    cable.end();
  });

  test("keeps its run when the gateway is killed", async () => {
    const ran = join(gateway.root, "ran-2");
    worker = start(["sh", "-c", `echo x >> ${ran}; for i in $(seq 1 40); do echo $i; sleep 0.1; done`]);
    await online();
    const id = await dispatch("go");
    await until("it runs", async () => (await task(id)).status === "running");
    await sleep(500);
    await gateway.restart("SIGKILL");
    assert.equal((await ended(id)).status, "completed");
    assert.equal(await output(id), count(40));
    assert.equal(readFileSync(ran, "utf8"), "x\n");
    worker.stop();
  });

  test("is refused without its token, under another's name, and when the token is taken away", async () => {
    const status = lib.grpc.status;
    const refused = async (more, code, detail) => {
      const stranger = start(["cat"], more);
      await until("it is refused", () => stranger.ended.length > 0);
      stranger.stop();
      assert.equal(stranger.ended[0].code, code, stranger.ended[0].message);
      assert.deepEqual(stranger.ended[0].metadata.get("landline-code"), [detail]);
    };
    await refused({ token: "llw_wrong" }, status.UNAUTHENTICATED, "AUTH_TOKEN_MISMATCH");
    await refused({ name: "other" }, status.ALREADY_EXISTS, "WORKER_NAME_TAKEN");
    await refused({ name: "no name" }, status.INVALID_ARGUMENT, "WORKER_NAME_INVALID");
    await until("nobody is there", async () => !(await row()).online);
    worker = start(["cat"]);
    await online();
    const second = start(["cat"]);
    await until("the first is told", () => worker.ended.length > 0);
    worker.over = true;
    assert.equal(worker.ended[0].code, status.ABORTED);
    assert.deepEqual(worker.ended[0].metadata.get("landline-code"), ["WORKER_REPLACED"]);
    await gateway.call("workers.token.revoke", { name: "js" });
    await until("the second is told", () => second.ended.length > 0);
    second.stop();
    assert.equal(second.ended[0].code, status.UNAUTHENTICATED);
    ({ token } = await gateway.call("workers.token.create", { name: "js" }));
  });

  test("health and reflection are answered; other services and hosts are not", async () => {
    const { grpc, loader } = lib;
    const { Health, ServerReflection } = standardServices(lib);
    const target = `127.0.0.1:${gateway.port}`;
    const open = (Service, options) => new Service(target, grpc.credentials.createInsecure(), options);
    const check = (client, service) =>
      new Promise((done) => client.check({ service }, (error, answer) => done(error ?? answer)));
    const health = open(Health);
    for (const service of ["", "landline.worker.v1.Worker"]) {
      assert.equal((await check(health, service)).status, 1, `${service} serves`);
    }
    assert.equal((await check(health, "nothing")).code, grpc.status.NOT_FOUND);
    health.close();
    const elsewhere = open(Health, { "grpc.default_authority": "evil.test" });
    assert.equal((await check(elsewhere, "")).code, grpc.status.PERMISSION_DENIED);
    elsewhere.close();

    const reflection = open(ServerReflection);
    const stream = reflection.serverReflectionInfo();
    const answer = (asked) => new Promise((done, failed) => stream.once("data", done).once("error", failed).write(asked));
    const names = (await answer({ listServices: "" })).services.service.map((service) => service.name);
    assert.ok(names.includes("landline.worker.v1.Worker") && names.includes("grpc.health.v1.Health"), names.join());
    const { files } = await answer({ fileContainingSymbol: "landline.worker.v1.Worker" });
    stream.end();
    reflection.close();
    // A FileDescriptorSet is a list of files, each with its length in front (as a varint).
    const varint = (n) => (n < 128 ? [n] : [(n % 128) + 128, ...varint(Math.floor(n / 128))]);
    const set = Buffer.concat(files.file.flatMap((file) => [Buffer.from([10, ...varint(file.length)]), file]));
    const reflected = loader.loadFileDescriptorSetFromBuffer(set)["landline.worker.v1.Worker"];
    assert.ok(reflected.Work.requestStream && reflected.Work.responseStream);
    assert.equal(reflected.Work.path, "/landline.worker.v1.Worker/Work");

    const unknown = new grpc.Client(target, grpc.credentials.createInsecure());
    const same = (value) => value;
    const failed = await new Promise((done) =>
      unknown.makeUnaryRequest("/no.such.Service/Do", same, same, Buffer.alloc(0), (error) => done(error)),
    );
    unknown.close();
    assert.equal(failed.code, grpc.status.UNIMPLEMENTED);
  });
});

test("a worker over gRPC behind TLS", async (t) => {
  const gateway = await Gateway.start({ name: "worker-grpc-tls", config: "[gateway.tls]\nenabled = true\n" });
  const lib = await library();
  const { token } = await gateway.call("workers.token.create", { name: "js" });
  // The certificate is the gateway's own: its fingerprint says that it is the right one to trust.
  const certificate = await new Promise((done, failed) => {
    const socket = tls.connect({ port: gateway.port, rejectUnauthorized: false, ALPNProtocols: ["h2"] }, () => {
      assert.equal(socket.alpnProtocol, "h2");
      done(socket.getPeerX509Certificate());
      socket.end();
    });
    socket.on("error", failed);
  });
  const bare = (fingerprint) => fingerprint.replace(/^sha256:/i, "").replaceAll(":", "").toLowerCase();
  assert.equal(bare(certificate.fingerprint256), bare(gateway.announced.tlsFingerprint));
  const credentials = lib.grpc.credentials.createSsl(Buffer.from(certificate.toString()));
  const worker = new GrpcWorker(lib, { name: "js", token, target: `localhost:${gateway.port}`, command: ["cat"], credentials });
  t.after(async () => {
    worker.stop();
    await gateway.stop();
  });
  const call = (method, params) => gateway.call(method, params);
  await until("it is there", async () => (await call("workers.list")).workers[0]?.online);
  const params = { idempotencyKey: randomUUID(), on: "any", message: "over TLS" };
  const { taskId } = await call("tasks.dispatch", params);
  await until("it is done", async () => (await call("tasks.get", { taskId })).task.status === "completed");
});
