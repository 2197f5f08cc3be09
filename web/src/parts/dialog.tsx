// Questions that need an answer first: confirm, and ask for a name. The browser's own dialog keeps the focus inside.
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

interface Question {
  title: string;
  detail?: string;
  action: string;
  danger?: boolean;
  /** Asks for a text, starting with this one. */
  initial?: string;
  resolve(answer: string | null): void;
}

const question = signal<Question | null>(null);

export function confirm(ask: { title: string; detail?: string; action: string }): Promise<boolean> {
  return new Promise((resolve) => {
    question.value = { ...ask, danger: true, resolve: (answer) => resolve(answer !== null) };
  });
}

/** Returns the text that was entered, or null when the person thought better of it. */
export function askName(ask: { title: string; initial: string }): Promise<string | null> {
  return new Promise((resolve) => {
    question.value = { ...ask, action: "Save", resolve };
  });
}

export function DialogHost() {
  const asked = question.value;
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (asked && !dialog.current?.open) dialog.current?.showModal();
    if (asked?.initial !== undefined) input.current?.select();
  }, [asked]);
  if (!asked) return null;
  const close = (answer: string | null) => {
    dialog.current?.close();
    question.value = null;
    asked.resolve(answer);
  };
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby="dialog-title"
      data-testid="dialog"
      onCancel={(event) => {
        event.preventDefault();
        close(null);
      }}
    >
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          close(input.current?.value ?? "");
        }}
      >
        <h2 id="dialog-title">{asked.title}</h2>
        {asked.detail && <p>{asked.detail}</p>}
        {asked.initial !== undefined && (
          <input
            ref={input}
            class="field"
            aria-label={asked.title}
            defaultValue={asked.initial}
            maxLength={64}
            data-testid="dialog-input"
          />
        )}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={() => close(null)} data-testid="dialog-cancel">
            Cancel
          </button>
          <button
            type="submit"
            class={asked.danger ? "button bad" : "button primary"}
            data-testid="dialog-confirm"
          >
            {asked.action}
          </button>
        </div>
      </form>
    </dialog>
  );
}
