// One tool call: a line that opens to show what it was given and what it gave back.
import type { ToolCall } from "../chat/types";
import { CheckIcon, CloseIcon, ToolIcon } from "./icons";

const SUMMARY_CHARS = 90;
const SHOWN_CHARS = 20_000;

export function ToolRow({ tool }: { tool: ToolCall }) {
  return (
    <details class={`tool ${tool.state}`} data-testid="tool" data-state={tool.state} data-tool={tool.name}>
      <summary>
        <span class="tool-mark">{mark(tool.state)}</span>
        <span class="tool-name">{tool.name}</span>
        <span class="tool-summary">{summary(tool.args)}</span>
        <span class="sr-only">
          {tool.state === "running" ? "running" : tool.state === "error" ? "failed" : "done"}
        </span>
      </summary>
      <div class="tool-body">
        {tool.args !== undefined && <Section title="Given" body={argumentsText(tool.args)} />}
        {tool.result !== undefined && tool.result !== "" && (
          <Section title={tool.state === "error" ? "Error" : "Result"} body={tool.result} />
        )}
        {tool.state === "running" && <p class="quiet">Still running…</p>}
      </div>
    </details>
  );
}

function Section({ title, body }: { title: string; body: string }) {
  const cut = body.length > SHOWN_CHARS;
  return (
    <>
      <h4>{title}</h4>
      <pre tabIndex={0}>
        {cut ? `${body.slice(0, SHOWN_CHARS)}\n… ${body.length - SHOWN_CHARS} more characters` : body}
      </pre>
    </>
  );
}

function mark(state: ToolCall["state"]) {
  if (state === "running") return <span class="spinner" aria-hidden="true" />;
  if (state === "error") return <CloseIcon />;
  return state === "done" ? <CheckIcon /> : <ToolIcon />;
}

function summary(args: unknown): string {
  const words = typeof args === "object" && args !== null ? firstText(args) : argumentsText(args);
  const line = words.replace(/\s+/g, " ").trim();
  return line.length > SUMMARY_CHARS ? `${line.slice(0, SUMMARY_CHARS)}…` : line;
}

function firstText(args: object): string {
  const value = Object.values(args).find((item) => typeof item === "string" && item !== "");
  return typeof value === "string" ? value : "";
}

function argumentsText(args: unknown): string {
  if (args === undefined || args === null) return "";
  return typeof args === "string" ? args : JSON.stringify(args, null, 2);
}
