// One command of a node: its form, made from its schema, and what came back.
import { useId, useRef, useState } from "preact/hooks";
import { type Field, fieldsOf, freeParams, paramsOf, schemaFor } from "../nodes/fields";
import { type Shown, shown } from "../nodes/result";
import { online } from "../store/gateway";
import { invokeNode } from "../store/nodes";

type Outcome = { ms: number } & ({ answer: Shown } | { problem: string });

export function InvokeForm({
  nodeId,
  command,
  schema,
}: {
  nodeId: string;
  command: string;
  schema: unknown;
}) {
  const form = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const fields = fieldsOf(schemaFor(command, schema));
  const run = async () => {
    const began = performance.now();
    setBusy(true);
    try {
      const params = readForm(form.current, fields);
      const payload = await invokeNode(nodeId, command, params);
      setOutcome({ ms: performance.now() - began, answer: shown(payload) });
    } catch (error) {
      setOutcome({
        ms: performance.now() - began,
        problem: error instanceof Error ? error.message : String(error),
      });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form
      ref={form}
      class="invoke"
      data-testid="invoke"
      data-command={command}
      aria-busy={busy}
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      {fields === null ? <FreeField /> : fields.map((field) => <Input key={field.name} field={field} />)}
      <div class="invoke-foot">
        <button
          type="submit"
          class="button primary"
          disabled={busy || !online.value}
          data-testid="invoke-run"
        >
          {busy ? "Waiting…" : "Call"}
        </button>
        {outcome && <span class="quiet">{(outcome.ms / 1_000).toFixed(2)} s</span>}
      </div>
      <output data-testid="invoke-result">{outcome && <Result outcome={outcome} />}</output>
    </form>
  );
}

function readForm(form: HTMLFormElement | null, fields: Field[] | null): Record<string, unknown> {
  const filled = new FormData(form ?? undefined);
  if (fields === null) return freeParams(String(filled.get("json") ?? ""));
  return paramsOf(fields, new Map([...filled].map(([name, value]) => [name, String(value)])));
}

function FreeField() {
  return (
    <label>
      Parameters, as JSON
      <textarea class="field code-field" name="json" rows={3} placeholder="{}" spellcheck={false} />
    </label>
  );
}

function Input({ field }: { field: Field }) {
  const id = useId();
  return (
    <div class="invoke-field">
      <label for={id}>
        <code>{`${field.name}${field.required ? " *" : ""}`}</code>{" "}
        {field.hint && <span class="quiet">{field.hint}</span>}
      </label>
      <Control field={field} id={id} />
    </div>
  );
}

function Control({ field, id }: { field: Field; id: string }) {
  if (field.kind === "choice" || field.kind === "boolean") {
    const choices = field.kind === "boolean" ? ["true", "false"] : field.choices;
    return (
      <select id={id} class="field" name={field.name} required={field.required} defaultValue={field.initial}>
        {!field.required && <option value="">not given</option>}
        {choices.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  const isNumber = field.kind === "number" || field.kind === "integer";
  return (
    <input
      id={id}
      class={field.kind === "json" ? "field code-field" : "field"}
      name={field.name}
      required={field.required}
      defaultValue={field.initial}
      inputMode={isNumber ? "decimal" : "text"}
      placeholder={field.kind === "json" ? "words, or JSON" : ""}
      autocomplete="off"
      spellcheck={false}
    />
  );
}

function Result({ outcome }: { outcome: Outcome }) {
  if ("problem" in outcome) return <p class="bad-words">{outcome.problem}</p>;
  const { answer } = outcome;
  switch (answer.kind) {
    case "image":
      return (
        <figure>
          <img src={answer.url} alt="What the node sent" />
          <figcaption class="quiet">{answer.words}</figcaption>
        </figure>
      );
    case "video":
      // A film of a screen has no words to caption.
      return <video src={answer.url} controls muted aria-label={`What the node sent: ${answer.words}`} />;
    case "run":
      return (
        <>
          <p class={answer.ok ? "quiet" : "bad-words"}>{answer.words}</p>
          <pre tabIndex={0}>{answer.out}</pre>
        </>
      );
    case "json":
      return <pre tabIndex={0}>{answer.out}</pre>;
  }
}
