// A form for a command's parameters, made from the JSON Schema that its node published.
import { isRecord, text, texts } from "../wire/frames";

export type FieldKind = "text" | "number" | "integer" | "boolean" | "choice" | "json";

export interface Field {
  name: string;
  kind: FieldKind;
  required: boolean;
  hint: string | undefined;
  choices: string[];
  initial: string;
}

/** Known shapes of the protocol's own commands, for nodes that publish no schema (protocol 8.4). */
const KNOWN: Record<string, object> = {
  "system.which": object({ bins: { type: "array", description: "Names of programs" } }, ["bins"]),
  "system.run": object(
    { command: { type: "array", description: "Program and arguments" }, cwd: { type: "string" } },
    ["command"],
  ),
  "system.notify": object({ title: { type: "string" }, body: { type: "string" } }, ["title", "body"]),
  "camera.snap": object({
    facing: { enum: ["front", "back"] },
    maxWidth: { type: "integer", default: 1600 },
  }),
  "screen.record": object({ durationMs: { type: "integer", default: 10_000 } }),
  "location.get": object({ desiredAccuracy: { enum: ["coarse", "balanced", "precise"] } }),
  "canvas.present": object({ url: { type: "string" } }),
  "canvas.navigate": object({ url: { type: "string" } }, ["url"]),
  "canvas.eval": object({ javaScript: { type: "string" } }, ["javaScript"]),
};

function object(properties: object, required: string[] = []): object {
  return { type: "object", properties, required };
}

/** Returns the schema to ask by: what the node published, else what the protocol says, else nothing. */
export function schemaFor(command: string, published: unknown): unknown {
  // What a node publishes for programs holds the plan as well, which is not for people to write.
  return isRecord(published) && command !== "system.run" ? published : KNOWN[command];
}

/** Returns the form's fields, or null when only free JSON will do. */
export function fieldsOf(schema: unknown): Field[] | null {
  if (!isRecord(schema)) return null;
  // What combines schemas can say more than fields can show.
  if ("oneOf" in schema || "anyOf" in schema || "allOf" in schema || "$ref" in schema) return null;
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = new Set(texts(schema.required));
  return Object.entries(properties).map(([name, value]) => fieldOf(name, value, required.has(name)));
}

function fieldOf(name: string, value: unknown, required: boolean): Field {
  const schema = isRecord(value) ? value : {};
  const choices = texts(schema.enum);
  const initial = schema.default;
  return {
    name,
    kind: choices.length > 0 ? "choice" : kindOf(schema.type),
    required,
    hint: text(schema.description) ?? text(schema.title),
    choices,
    // Left empty, it is left out: that is what a default of nothing means.
    initial:
      initial === undefined || initial === null
        ? ""
        : typeof initial === "string"
          ? initial
          : JSON.stringify(initial),
  };
}

function kindOf(type: unknown): FieldKind {
  const one = Array.isArray(type) ? type.find((name) => name !== "null") : type;
  if (one === "string") return "text";
  if (one === "number" || one === "integer" || one === "boolean") return one;
  return "json";
}

/** Returns the parameters that a filled form means; throws an error that names the field. */
export function paramsOf(fields: Field[], values: ReadonlyMap<string, string>): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values.get(field.name) ?? "";
    if (value.trim() === "") {
      if (field.required) throw new Error(`${field.name} is needed`);
      continue;
    }
    params[field.name] = typed(field, value);
  }
  return params;
}

function typed(field: Field, value: string): unknown {
  switch (field.kind) {
    case "text":
    case "choice":
      return value;
    case "boolean":
      return value === "true";
    case "number":
    case "integer": {
      const number = Number(value);
      const fits = Number.isFinite(number) && (field.kind === "number" || Number.isInteger(number));
      if (!fits)
        throw new Error(`${field.name} must be ${field.kind === "integer" ? "a whole" : "a"} number`);
      return number;
    }
    case "json":
      return parse(field.name, value);
  }
}

/** Reads JSON; plain words count as a list, which is what commands and programs are. */
function parse(name: string, value: string): unknown {
  const trimmed = value.trim();
  if (!/^[[{"\d-]|^(true|false|null)$/.test(trimmed)) return trimmed.split(/\s+/);
  try {
    return JSON.parse(trimmed);
  } catch {
    throw new Error(`${name} is not JSON`);
  }
}

/** Reads the free form: a JSON object, or nothing. */
export function freeParams(value: string): Record<string, unknown> {
  if (value.trim() === "") return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    throw new Error("The parameters are not JSON");
  }
  if (!isRecord(parsed)) throw new Error("The parameters must be a JSON object, such as {}");
  return parsed;
}
