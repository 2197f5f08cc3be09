// One row of the conversation.
import { memo } from "preact/compat";
import type { Row } from "../chat/rows";
import type { Part } from "../chat/types";
import { discard, resend } from "../store/chats";
import { Logo } from "./icons";
import { Prose } from "./prose";
import { ToolRow } from "./tool-row";

interface Props {
  row: Row;
  sessionKey: string;
}

export const Message = memo(View, (before, after) => sameRow(before.row, after.row));

function View({ row, sessionKey }: Props) {
  return (
    <article
      class={`message ${row.role} ${row.state}`}
      data-testid="message"
      data-role={row.role}
      data-state={row.state}
      data-key={row.key}
      aria-label={row.role === "user" ? "You" : "Answer"}
    >
      {row.role === "assistant" && <Logo />}
      <div class="message-body">
        {row.parts.map((part, index) => (
          <PartView key={partKey(part, index)} part={part} row={row} />
        ))}
        <Foot row={row} sessionKey={sessionKey} />
      </div>
    </article>
  );
}

function PartView({ part, row }: { part: Part; row: Row }) {
  switch (part.kind) {
    case "text":
      return row.role === "user" ? (
        <p class="plain">{part.text}</p>
      ) : (
        <Prose text={part.text} live={row.state === "streaming"} />
      );
    case "thinking":
      return (
        <details class="thinking">
          <summary>Thinking</summary>
          <p class="plain">{part.text}</p>
        </details>
      );
    case "image":
      return (
        <img class="picture" src={`data:${part.image.mimeType};base64,${part.image.data}`} alt="Attached" />
      );
    case "file":
      return <p class="file">{part.name}</p>;
    case "tool":
      return <ToolRow tool={part.tool} />;
  }
}

function Foot({ row, sessionKey }: Props) {
  const key = row.key.replace(/:user$/, "");
  switch (row.state) {
    case "streaming":
      return (
        <p class="working" data-testid="working">
          <span class="pulse" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {row.note && <span>{row.note}</span>}
        </p>
      );
    case "queued":
      return <p class="foot">Waiting to be sent</p>;
    case "sending":
      return <p class="foot">Sending…</p>;
    case "failed":
      return (
        <p class="foot bad" role="alert">
          Not sent: {row.note}{" "}
          <button
            type="button"
            class="text-button"
            onClick={() => resend(sessionKey, key)}
            data-testid="resend"
          >
            Try again
          </button>{" "}
          <button
            type="button"
            class="text-button"
            onClick={() => discard(sessionKey, key)}
            data-testid="discard"
          >
            Discard
          </button>
        </p>
      );
    case "aborted":
      return <p class="foot">Stopped</p>;
    case "error":
      return (
        <p class="foot bad" role="alert">
          {row.note ?? "The run failed."}
        </p>
      );
    default:
      return null;
  }
}

function partKey(part: Part, index: number): string {
  return part.kind === "tool" && part.tool.id !== "" ? `tool:${part.tool.id}` : `${part.kind}:${index}`;
}

function sameRow(a: Row, b: Row): boolean {
  if (a.key !== b.key || a.state !== b.state || a.note !== b.note || a.parts.length !== b.parts.length)
    return false;
  return a.parts.every((part, index) => samePart(part, b.parts[index]));
}

function samePart(a: Part, b: Part | undefined): boolean {
  if (a === b) return true;
  if (a.kind === "text" && b?.kind === "text") return a.text === b.text;
  if (a.kind === "tool" && b?.kind === "tool") {
    return a.tool.state === b.tool.state && a.tool.result === b.tool.result && a.tool.args === b.tool.args;
  }
  return false;
}
