// Tasks: their list under a filter, and output that is read piece by piece.
import { describe, expect, test } from "vitest";
import { parseRoute, routeHash } from "../src/store/route";
import { readTask, updated } from "../src/store/tasks";
import { placed, readWorker } from "../src/store/workers";
import { added, NOTHING, type Output } from "../src/tasks/steps";

let seq = 0;
const chunk = (step: object, fence = 1) => ({ seq: ++seq, at: 1, fence, step });
const read = (output: Output, ...steps: object[]) =>
  added(output, { chunks: steps.map((step) => chunk(step)), next: seq, done: false });

describe("output", () => {
  test("text grows in one block until something else comes", () => {
    let output = read(NOTHING, { step: "text", delta: "one " }, { step: "text", delta: "two" });
    output = read(output, { step: "text", delta: "!" }, { step: "note", text: "a word" });
    output = read(output, { step: "text", delta: "three" });
    expect(output.blocks.map((block) => (block.kind === "tool" ? "tool" : block.text))).toEqual([
      "one two!",
      "a word",
      "three",
    ]);
    expect(output.next).toBe(seq);
  });

  test("a tool ends where it began", () => {
    const begun = read(NOTHING, { step: "tool_start", id: "t", name: "Bash", args: { command: "ls" } });
    const ended = read(
      begun,
      { step: "text", delta: "meanwhile" },
      { step: "tool_result", id: "t", name: "Bash", is_error: true, result: "no" },
    );
    expect(ended.blocks[0]).toEqual({
      kind: "tool",
      tool: { id: "t", name: "Bash", args: { command: "ls" }, result: "no", state: "error" },
    });
    expect(begun.blocks[0]).toMatchObject({ tool: { state: "running" } });
  });

  test("what is void goes, another run is told, and the end is known", () => {
    const first = read(NOTHING, { step: "text", delta: "wrong" }, { step: "text_reset" });
    expect(first.blocks).toEqual([]);
    const second = added(first, { chunks: [chunk({ step: "percent", done: 30 }, 2)], next: 9, done: true });
    expect(second.blocks).toEqual([{ kind: "note", text: "It was begun anew." }]);
    expect([second.percent, second.next, second.done]).toEqual([30, 9, true]);
    expect(added(second, null)).toBe(second);
  });
});

describe("the list", () => {
  const row = (id: string, status: string) => readTask({ id, status, kind: "work" });

  test("changes in place, takes new ones first and drops what the filter no longer lets through", () => {
    const list = [row("a", "running"), row("b", "queued")];
    const all = { status: "", kind: "" };
    expect(updated(list, row("b", "running"), all).map(({ id, status }) => id + status)).toEqual([
      "arunning",
      "brunning",
    ]);
    expect(updated(list, row("c", "queued"), all)[0]?.id).toBe("c");
    const running = { status: "running", kind: "work" };
    expect(updated(list, row("a", "failed"), running).map(({ id }) => id)).toEqual(["b"]);
    expect(updated(list, row("z", "failed"), running)).toBe(list);
  });

  test("a task has an address", () => {
    expect(parseRoute("#/tasks/0198")).toEqual({ page: "tasks", id: "0198" });
    expect(routeHash({ page: "tasks", id: undefined })).toBe("#/tasks");
  });
});

describe("workers", () => {
  test("stand by name, each once", () => {
    const worker = (name: string, running = 0) => readWorker({ name, running, maxConcurrent: 2 });
    const list = placed(placed([], worker("b")), worker("a"));
    expect(placed(list, worker("b", 1)).map(({ name, running }) => [name, running])).toEqual([
      ["a", 0],
      ["b", 1],
    ]);
  });
});
