// What a task said and did, folded from its steps: text, tools and notes in the order in which they came.
import type { ToolCall } from "../chat/types";
import { isRecord, number, records, text } from "../wire/frames";

export type Block =
  | { kind: "text"; text: string }
  | { kind: "tool"; tool: ToolCall }
  | { kind: "note"; text: string };

/** The output of a task so far. */
export interface Output {
  blocks: Block[];
  /** Where to read on: `after` of the next request. */
  next: number | undefined;
  /** The run that the latest steps belong to. */
  fence: number | undefined;
  /** How far it is, from 0 to 100, if it says so. */
  percent: number | undefined;
  done: boolean;
}

export const NOTHING: Output = {
  blocks: [],
  next: undefined,
  fence: undefined,
  percent: undefined,
  done: false,
};

/** Adds an answer of `tasks.output`. */
export function added(output: Output, answer: unknown): Output {
  if (!isRecord(answer)) return output;
  let next = { ...output, blocks: [...output.blocks] };
  for (const chunk of records(answer.chunks)) {
    const fence = number(chunk.fence);
    if (next.fence !== undefined && fence !== undefined && fence !== next.fence) {
      next.blocks.push({ kind: "note", text: "It was begun anew." });
    }
    next = take({ ...next, fence: fence ?? next.fence }, isRecord(chunk.step) ? chunk.step : {});
  }
  return { ...next, next: number(answer.next) ?? output.next, done: answer.done === true };
}

function take(output: Output, step: Record<string, unknown>): Output {
  const { blocks } = output;
  const last = blocks.at(-1);
  switch (step.step) {
    case "text": {
      const delta = text(step.delta) ?? "";
      const isText = last?.kind === "text";
      const grown: Block = { kind: "text", text: isText ? last.text + delta : delta };
      return { ...output, blocks: isText ? [...blocks.slice(0, -1), grown] : [...blocks, grown] };
    }
    case "text_reset":
      return { ...output, blocks: blocks.filter((block) => block.kind !== "text") };
    case "tool_start":
      return noted(output, { kind: "tool", tool: toolOf(step, "running") });
    case "tool_result": {
      const tool = toolOf(step, step.is_error === true ? "error" : "done");
      const at = blocks.findLastIndex((block) => block.kind === "tool" && block.tool.id === tool.id);
      const known = blocks[at];
      if (known?.kind !== "tool") return noted(output, { kind: "tool", tool });
      const ended: Block = {
        kind: "tool",
        tool: { ...known.tool, state: tool.state, result: tool.result },
      };
      return { ...output, blocks: blocks.with(at, ended) };
    }
    case "retry":
      return noted(output, {
        kind: "note",
        text: `The model failed (${text(step.error) ?? "?"}); trying again (${step.attempt} of ${step.max}).`,
      });
    case "note":
      return noted(output, { kind: "note", text: text(step.text) ?? "" });
    case "gap":
      return noted(output, { kind: "note", text: "Some of the output was not kept." });
    case "percent":
      return { ...output, percent: number(step.done) ?? output.percent };
    default:
      return output;
  }
}

function noted(output: Output, block: Block): Output {
  return { ...output, blocks: [...output.blocks, block] };
}

function toolOf(step: Record<string, unknown>, state: ToolCall["state"]): ToolCall {
  const { result } = step;
  const shown = typeof result === "string" ? result : JSON.stringify(result, null, 2);
  return {
    id: text(step.id) ?? "",
    name: text(step.name) || "tool",
    args: step.args,
    result: result === undefined || result === null ? undefined : shown,
    state,
  };
}
