// gRPC through the client of those who write it, and a worker on top of it that knows the service by its .proto file only.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { checkout, load } from "./modules.mjs";

const PROTO = join(checkout, "nodes/proto/landline/worker/v1/worker.proto");
const OPTIONS = { longs: Number, oneofs: true };

/** The library and what it makes of the worker's service. */
export async function library() {
  const { default: grpc } = await load("@grpc/grpc-js");
  const { default: loader } = await load("@grpc/proto-loader");
  const worker = grpc.loadPackageDefinition(loader.loadSync(PROTO, OPTIONS)).landline.worker.v1.Worker;
  return { grpc, loader, worker };
}

/** The standard services, as their specifications have them: as much of them as is asked here. */
export function standardServices({ grpc, loader }) {
  const text = { type: "string" };
  const field = (kind, id, more = {}) => ({ ...kind, id, ...more });
  const health = {
    Health: { methods: { Check: { requestType: "Ask", responseType: "Answer" } } },
    Ask: { fields: { service: field(text, 1) } },
    Answer: { fields: { status: field({ type: "int32" }, 1) } },
  };
  const reflection = {
    ServerReflection: {
      methods: { ServerReflectionInfo: { requestType: "Ask", requestStream: true, responseType: "Answer", responseStream: true } },
    },
    Ask: { fields: { host: field(text, 1), fileContainingSymbol: field(text, 4), listServices: field(text, 7) } },
    Answer: { fields: { files: field({ type: "Files" }, 4), services: field({ type: "Services" }, 6) } },
    Files: { fields: { file: field({ type: "bytes" }, 1, { rule: "repeated" }) } },
    Services: { fields: { service: field({ type: "Service" }, 1, { rule: "repeated" }) } },
    Service: { fields: { name: field(text, 1) } },
  };
  const nested = (path, inner) => path.reduceRight((below, name) => ({ nested: { [name]: below } }), { nested: inner });
  const made = (path, inner) => {
    const service = grpc.loadPackageDefinition(loader.fromJSON(nested(path, inner), OPTIONS));
    return path.reduce((at, name) => at[name], service);
  };
  return {
    Health: made(["grpc", "health", "v1"], health).Health,
    ServerReflection: made(["grpc", "reflection", "v1"], reflection).ServerReflection,
  };
}

/** A worker: gives each prompt to `command`, keeps its runs through cuts, drops them when they are stored. */
export class GrpcWorker {
  #library;
  #runs = new Map();

  constructor(of, { name, token, target, command, credentials }) {
    this.#library = of;
    Object.assign(this, { name, token, target, command, over: false, connections: 0, ended: [] });
    this.client = new of.worker(target, credentials ?? of.grpc.credentials.createInsecure(), {
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 200,
      "grpc.keepalive_time_ms": 5_000,
    });
    this.#connect();
  }

  /** Ends the connection and does not come back. */
  stop() {
    this.over = true;
    this.stream?.cancel();
    this.client.close();
    for (const run of this.#runs.values()) run.child?.kill("SIGKILL");
  }

  #connect() {
    const metadata = new this.#library.grpc.Metadata();
    metadata.set("authorization", `Bearer ${this.token}`);
    const stream = this.client.work(metadata);
    this.stream = stream;
    stream.on("data", (order) => this.#obey(order));
    stream.on("error", (error) => {
      this.ended.push(error);
      this.stream = undefined;
      if (!this.over) setTimeout(() => this.over || this.#connect(), 100);
    });
    stream.on("end", () => {});
    const facts = { name: this.name, agents: ["main"], executors: ["command"], maxConcurrent: 4, os: process.platform };
    const runs = [...this.#runs.values()].map((run) => ({ run: run.key, next: run.base + run.steps.length }));
    stream.write({ announce: { facts, runs } });
    this.connections += 1;
    for (const run of this.#runs.values()) {
      run.sent = run.base;
      run.told = false;
      this.#tell(run);
    }
  }

  #obey(order) {
    const said = order[order.kind];
    if (said === undefined) return;
    const key = said.run ?? said;
    const id = `${key.task}#${key.fence}`;
    const run = this.#runs.get(id);
    if (order.kind === "start" && !run) this.#start(id, said);
    if (!run) return;
    if (order.kind === "cancel") run.outcome ? this.#runs.delete(id) : this.#cancel(run);
    if (order.kind === "forget") this.#runs.delete(id);
    if (order.kind === "resend") Object.assign(run, { sent: Math.max(said.from ?? 0, run.base), told: false });
    if (order.kind === "stored" && said.next > run.base) {
      run.steps.splice(0, said.next - run.base);
      run.sent = Math.max(run.sent, said.next);
      run.base = said.next;
    }
    this.#tell(run);
  }

  #cancel(run) {
    run.cancelled = true;
    run.child.kill("SIGKILL");
  }

  #start(id, { run: key, prompt }) {
    // `base` is the number of steps[0], `sent` of the next to send.
    const run = { key, steps: [], base: 0, sent: 0, said: "", told: false, cancelled: false };
    this.#runs.set(id, run);
    this.stream?.write({ steps: { run: key, from: 0, steps: [] } });
    const [program, ...args] = this.command;
    run.child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    run.child.stdin.on("error", () => {});
    run.child.stdin.end(prompt);
    createInterface({ input: run.child.stdout }).on("line", (line) => {
      run.said += `${line}\n`;
      run.steps.push({ text: `${line}\n` });
      this.#tell(run);
    });
    run.child.on("close", (code) => {
      const failure = { class: run.cancelled ? "cancelled" : "agent_crash", code: `exit_${code}`, message: "The program failed" };
      const result = code === 0 ? { reply: { text: run.said.trimEnd() } } : { failure };
      run.outcome = { endedBy: run.cancelled ? "cancelled" : "finished", ...result };
      this.#tell(run);
    });
  }

  /** Sends what was not sent. What is lost on the way is asked for again, or sent on the next connection. */
  #tell(run) {
    if (!this.stream) return;
    const steps = run.steps.slice(run.sent - run.base);
    if (steps.length > 0) this.stream.write({ steps: { run: run.key, from: run.sent, steps } });
    run.sent += steps.length;
    if (run.outcome && !run.told) {
      run.told = true;
      this.stream.write({ ended: { run: run.key, from: run.sent, outcome: run.outcome } });
    }
  }
}
