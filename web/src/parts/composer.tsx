// Where messages are written: Enter sends, Shift+Enter breaks the line, Esc stops the run.
import { signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Attachment } from "../chat/types";
import { send, stop } from "../store/chats";
import { hello, online } from "../store/gateway";
import { notify } from "../store/notices";
import { readAttachment } from "./attachments";
import { ClipIcon, CloseIcon, SendIcon, StopIcon } from "./icons";

const DEFAULT_LIMIT = 5_000_000;
/** What was being written stays with its session while the page lives. */
const drafts = new Map<string, { text: string; files: Attachment[] }>();
const files = signal<Attachment[]>([]);

export function Composer({ sessionKey, running }: { sessionKey: string; running: boolean }) {
  const area = useDraft(sessionKey);

  const submit = () => {
    const field = area.current;
    const text = field?.value.trim() ?? "";
    if (!field || (text === "" && files.peek().length === 0)) return;
    send(sessionKey, text, files.peek());
    field.value = "";
    files.value = [];
    grow(field);
    field.focus();
  };

  const add = async (list: Iterable<File>) => {
    for (const file of list) await attach(file);
    area.current?.focus();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void add([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      {files.value.length > 0 && <Files />}
      <div class="composer-row">
        <AttachButton add={add} />
        <Field area={area} submit={submit} add={add} />
        {running && <StopButton sessionKey={sessionKey} />}
        <button type="submit" class="round-button" aria-label="Send" title="Send (Enter)" data-testid="send">
          <SendIcon />
        </button>
      </div>
    </form>
  );
}

/** Returns the text area's ref; what was being written is put back when its session is shown again. */
function useDraft(sessionKey: string): RefObject<HTMLTextAreaElement | null> {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const field = area.current;
    const draft = drafts.get(sessionKey);
    if (field) field.value = draft?.text ?? "";
    files.value = draft?.files ?? [];
    grow(field);
    // A phone's keyboard should not jump up by itself.
    if (matchMedia("(hover: hover)").matches) field?.focus();
    return () => {
      drafts.set(sessionKey, { text: field?.value ?? "", files: files.peek() });
    };
  }, [sessionKey]);
  return area;
}

function AttachButton({ add }: { add(list: Iterable<File>): void }) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label="Attach files"
        title="Attach files"
        data-testid="attach"
        onClick={() => picker.current?.click()}
      >
        <ClipIcon />
      </button>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        tabIndex={-1}
        aria-label="Files to attach"
        onChange={(event) => {
          // Copied first: emptying the field empties its list too.
          add([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

interface FieldProps {
  area: RefObject<HTMLTextAreaElement | null>;
  submit(): void;
  add(list: Iterable<File>): void;
}

function Field({ area, submit, add }: FieldProps) {
  return (
    <textarea
      ref={area}
      rows={1}
      aria-label="Message"
      placeholder={online.value ? "Write a message" : "Sent once connected"}
      data-testid="composer"
      onInput={(event) => grow(event.currentTarget)}
      onPaste={(event) => {
        const pasted = [...(event.clipboardData?.files ?? [])];
        if (pasted.length === 0) return;
        event.preventDefault();
        add(pasted);
      }}
      onKeyDown={(event) => {
        // While an input method composes a word, Enter belongs to it.
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        submit();
      }}
    />
  );
}

function StopButton({ sessionKey }: { sessionKey: string }) {
  return (
    <button
      type="button"
      class="round-button stop"
      aria-label="Stop"
      title="Stop (Esc)"
      data-testid="stop"
      onClick={() => void stop(sessionKey)}
    >
      <StopIcon />
    </button>
  );
}

function Files() {
  return (
    <ul class="attachments" aria-label="Attached files">
      {files.value.map((file, index) => (
        <li key={`${file.fileName}-${index}`} data-testid="attachment">
          {file.fileName}
          <button
            type="button"
            class="text-button"
            aria-label={`Remove ${file.fileName}`}
            onClick={() => {
              files.value = files.peek().filter((other) => other !== file);
            }}
          >
            <CloseIcon />
          </button>
        </li>
      ))}
    </ul>
  );
}

async function attach(file: File): Promise<void> {
  const limit = hello.peek()?.maxAttachmentBytes ?? DEFAULT_LIMIT;
  if (file.size > limit) {
    notify(`${file.name} is larger than ${Math.floor(limit / 1_000_000)} MB`, "bad");
    return;
  }
  files.value = [...files.peek(), await readAttachment(file)];
}

function grow(field: HTMLTextAreaElement | null): void {
  if (!field) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
