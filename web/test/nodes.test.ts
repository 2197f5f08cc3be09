// Forms made from schemas, and how answers of nodes are shown.
import { describe, expect, test } from "vitest";
import { fieldsOf, freeParams, paramsOf, schemaFor } from "../src/nodes/fields";
import { shown } from "../src/nodes/result";

const SCHEMA = {
  type: "object",
  required: ["speed", "name"],
  properties: {
    name: { type: "string", description: "Who" },
    speed: { type: "integer", default: 3 },
    mode: { enum: ["slow", "fast"] },
    loud: { type: "boolean" },
    words: { type: "array" },
  },
};

describe("the form of a command", () => {
  test("has a field for each property, in its order", () => {
    const fields = fieldsOf(SCHEMA) ?? [];
    expect(fields.map((field) => [field.name, field.kind, field.required])).toEqual([
      ["name", "text", true],
      ["speed", "integer", true],
      ["mode", "choice", false],
      ["loud", "boolean", false],
      ["words", "json", false],
    ]);
    expect(fields[1]?.initial).toBe("3");
    const optional = fieldsOf({ properties: { ms: { type: ["integer", "null"], default: null } } }) ?? [];
    expect(paramsOf(optional, new Map([["ms", optional[0]?.initial ?? "?"]]))).toEqual({});
  });

  test("is free JSON where fields cannot say it", () => {
    expect(fieldsOf(undefined)).toBeNull();
    expect(fieldsOf({ oneOf: [] })).toBeNull();
  });

  test("becomes parameters of the right types; what is empty is left out", () => {
    const fields = fieldsOf(SCHEMA) ?? [];
    const values = new Map([
      ["name", "Ada"],
      ["speed", "7"],
      ["mode", ""],
      ["loud", "false"],
      ["words", "ls -l /tmp"],
    ]);
    const params = paramsOf(fields, values);
    expect(params).toEqual({ name: "Ada", speed: 7, loud: false, words: ["ls", "-l", "/tmp"] });
    expect(paramsOf(fields, values.set("words", '["a b"]')).words).toEqual(["a b"]);
  });

  test("names the field that is wrong", () => {
    const fields = fieldsOf(SCHEMA) ?? [];
    expect(() => paramsOf(fields, new Map([["name", "x"]]))).toThrow("speed is needed");
    const values = new Map([
      ["name", "x"],
      ["speed", "1.5"],
    ]);
    expect(() => paramsOf(fields, values)).toThrow("speed must be a whole number");
    expect(() => paramsOf(fields, values.set("speed", "1").set("words", "[1"))).toThrow("words is not JSON");
    expect(() => freeParams("[1]")).toThrow("JSON object");
    expect(freeParams(" ")).toEqual({});
  });

  test("of a node without schemas follows the protocol", () => {
    expect(fieldsOf(schemaFor("system.which", undefined))?.[0]?.name).toBe("bins");
    expect(schemaFor("my.tool", SCHEMA)).toBe(SCHEMA);
    expect(fieldsOf(schemaFor("system.run", SCHEMA))?.map(({ name }) => name)).toEqual(["command", "cwd"]);
    expect(schemaFor("my.tool", undefined)).toBeUndefined();
  });
});

describe("what a node answered", () => {
  test("a picture is a picture, and nothing else gets into its address", () => {
    expect(shown({ format: "jpg", base64: "AAAA", width: 2, height: 1 })).toEqual({
      kind: "image",
      url: "data:image/jpeg;base64,AAAA",
      words: "2 × 1 · jpg",
    });
    expect(shown({ format: "jpg", base64: 'x" onload="' }).kind).toBe("json");
    expect(shown({ format: "svg", base64: "AAAA" }).kind).toBe("json");
  });

  test("a command's end is told", () => {
    const run = { exitCode: 3, success: false, stdout: "a", stderr: "b" };
    expect(shown(run)).toEqual({ kind: "run", ok: false, words: "exit code 3", out: "a\nb" });
    expect(shown({ stdout: "", timedOut: true })).toMatchObject({ words: "timed out" });
  });

  test("anything else is JSON", () => {
    expect(shown(undefined)).toEqual({ kind: "json", out: "" });
    expect(shown([1])).toMatchObject({ kind: "json" });
  });
});
