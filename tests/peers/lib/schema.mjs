// Judges the gateway's frames with the schemas and validators of the npm package `@openclaw/gateway-protocol`.
import { load } from "./modules.mjs";

/** Method → the package's schema for its result. Methods that are missing here have none in the package. */
export const RESULT_SCHEMAS = {
  connect: "HelloOk",
  health: "Snapshot.health",
  "system-presence": "[PresenceEntry]",
  "logs.tail": "LogsTailResult",
  "agent.identity.get": "AgentIdentityResult",
  "agents.list": "AgentsListResult",
  "models.list": "ModelsListResult",
  "chat.message.get": "ChatMessageGetResult",
  "sessions.create": "SessionsCreateResult",
  "sessions.describe": "{session:SessionRow?}",
  "sessions.list": "{sessions:[SessionRow]}",
  "sessions.resolve": "SessionsResolveResult",
  "sessions.search": "SessionsSearchResult",
  "device.token.rotate": "DeviceTokenRotateResult",
  "device.pair.setupCode": "DevicePairSetupCodeResult",
  "device.pair.list": "{pending:[DevicePairRequestedEvent]}",
  "config.schema": "ConfigSchemaResponse",
  "config.schema.lookup": "ConfigSchemaLookupResult",
  "channels.status": "ChannelsStatusResult",
  "tasks.list": "TasksListResult",
  "tasks.get": "TasksGetResult",
  "tasks.cancel": "TasksCancelResult",
  "cron.list": "{jobs:[CronJob]}",
  "cron.add": "CronJob",
  "cron.get": "CronJob",
  "cron.update": "CronJob",
  "cron.runs": "{entries:[CronRunLogEntry]}",
  "commands.list": "CommandsListResult",
  "tools.catalog": "ToolsCatalogResult",
  "question.list": "QuestionListResult",
  "taskSuggestions.list": "TaskSuggestionsListResult",
  "update.status": "UpdateStatusResult",
  "system.info": "SystemInfoResult",
};

/** Event → the package's schema for its payload. */
export const EVENT_SCHEMAS = {
  agent: "AgentEvent",
  chat: "ChatEvent",
  tick: "TickEvent",
  shutdown: "ShutdownEvent",
  health: "Snapshot.health",
  presence: "{presence:[PresenceEntry]}",
  "device.pair.requested": "DevicePairRequestedEvent",
  "device.pair.resolved": "DevicePairResolvedEvent",
  "session.operation": "SessionOperationEvent",
  "session.approval": "SessionApprovalEvent",
};

/**
 * Fields which the stock gateway itself sends although its strict schema does not name them, and which stock clients
 * read. They are taken out before a payload is judged.
 */
export const BEYOND_SCHEMA = {
  AgentEvent: ["sessionKey", "sessionId", "agentId"],
};

/** Loads the package and what compiles its schemas. */
export async function loadJudge() {
  const protocol = await load("@openclaw/gateway-protocol");
  const schemas = await load("@openclaw/gateway-protocol", "./schema");
  const { Compile } = await load("typebox", "./compile");
  return new Judge({ protocol, schemas, Compile });
}

/** Collects what is wrong with frames; `problems` maps each finding to the frames that have it. */
export class Judge {
  #compiled = new Map();

  constructor({ protocol, schemas, Compile }) {
    this.protocol = protocol;
    this.schemas = schemas;
    this.Compile = Compile;
    this.problems = new Map();
    this.judgedMethods = new Set();
    this.judgedEvents = new Set();
    this.unjudgedMethods = new Set();
    this.unjudgedEvents = new Set();
  }

  /** The validator for a package schema such as "HelloOk" or "Snapshot.health". */
  validator(name) {
    if (this.#compiled.has(name)) return this.#compiled.get(name);
    const exported = this.protocol[`validate${name}`];
    const [top, property] = name.split(".");
    const schema = this.schemas[`${top}Schema`] ?? this.protocol[`${top}Schema`];
    if (!exported && !schema) throw new Error(`the package has no schema ${name}`);
    const wanted = property === undefined ? schema : schema.properties[property];
    const check = exported ? this.#wrapExported(exported) : this.#wrapCompiled(this.Compile(wanted));
    this.#compiled.set(name, check);
    return check;
  }

  #wrapExported(validate) {
    return (value) => (validate(value) ? [] : [this.protocol.formatValidationErrors(validate.errors)]);
  }

  #wrapCompiled(compiled) {
    return (value) => (compiled.Check(value) ? [] : compiled.Errors(value).slice(0, 8).map(faultText));
  }

  /** Checks `value` against "Name", "Name?" (or null), "[Name]" or "{field:…}" of those; answers the list of faults. */
  check(shape, value) {
    if (shape.endsWith("?")) return value === null ? [] : this.check(shape.slice(0, -1), value);
    const field = /^\{(\w+):(.+)\}$/.exec(shape);
    if (field) return value === null || typeof value !== "object" ? ["/ must be an object"] : this.check(field[2], value[field[1]]);
    const list = /^\[(.+)\]$/.exec(shape);
    if (!list) return this.validator(shape)(stripped(shape, value));
    if (!Array.isArray(value)) return ["/ must be an array"];
    return value.flatMap((item, index) => this.check(list[1], item).map((fault) => `/${index}${fault}`));
  }

  /** What the package finds wrong with the params of a request, if it has a validator for them. */
  paramsFault(method, params) {
    const name = method.split(/[.-]/).map((word) => word[0].toUpperCase() + word.slice(1)).join("");
    const validate = this.protocol[`validate${name}Params`];
    return validate === undefined || validate(params) ? undefined : this.protocol.formatValidationErrors(validate.errors);
  }

  /** Judges one frame the gateway sent; `method` is the method a response answers. */
  frame(frame, method) {
    if (frame.type === "event") return this.#event(frame);
    this.#note(`response to ${method}`, this.check("ResponseFrame", frame), frame);
    if (frame.ok !== (frame.error === undefined)) this.#note(`response to ${method}`, ["ok and error disagree"], frame);
    if (!frame.ok) return;
    const shape = RESULT_SCHEMAS[method];
    if (shape === undefined) return void this.unjudgedMethods.add(method);
    this.judgedMethods.add(method);
    this.#note(`result of ${method}`, this.check(shape, frame.payload), frame);
  }

  #event(frame) {
    this.#note(`event ${frame.event}`, this.check("EventFrame", frame), frame);
    const shape = EVENT_SCHEMAS[frame.event];
    if (shape === undefined) return void this.unjudgedEvents.add(frame.event);
    this.judgedEvents.add(frame.event);
    this.#note(`payload of event ${frame.event}`, this.check(shape, frame.payload), frame);
  }

  #note(what, faults, frame) {
    for (const fault of faults) {
      const problem = `${what}: ${fault.replace(/\/\d+/g, "/N")}`;
      this.problems.set(problem, [...(this.problems.get(problem) ?? []), frame]);
    }
  }

  /** Every finding once, with how often it came and the start of one frame that has it. */
  summary() {
    const lines = [...this.problems].map(([problem, frames]) => {
      return `${frames.length} × ${problem}\n      ${JSON.stringify(frames[0]).slice(0, 300)}`;
    });
    return lines.join("\n");
  }

  /** Judges everything a recording `Wire` received. */
  wire(wire) {
    for (const frame of wire.frames) this.frame(frame, wire.methods.get(frame.id));
  }
}

/** One fault as "PATH what (names of fields that should not be there)". */
function faultText({ instancePath, message, params }) {
  const extra = params?.additionalProperties;
  return `${instancePath || "/"} ${message}${extra ? ` (${extra.join(", ")})` : ""}`;
}

/** `value` without the fields that `BEYOND_SCHEMA` allows. */
function stripped(name, value) {
  const extra = BEYOND_SCHEMA[name];
  if (extra === undefined || value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !extra.includes(key)));
}
