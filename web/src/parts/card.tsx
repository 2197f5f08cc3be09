// One card of a list: what it is about, what is known of it, and what can be done with it.
import type { ComponentChild, ComponentChildren } from "preact";

interface CardProps {
  icon: ComponentChild;
  title: ComponentChildren;
  /** Known to tests, with the further marks of `data`. */
  testid: string;
  data?: Record<string, string | boolean | undefined>;
  /** Whether it waits for an answer. */
  asks?: boolean;
  actions?: ComponentChildren;
  children?: ComponentChildren;
}

export function Card({ icon, title, testid, data = {}, asks = false, actions, children }: CardProps) {
  const marks = Object.fromEntries(Object.entries(data).map(([name, value]) => [`data-${name}`, value]));
  return (
    <li class={asks ? "device asks" : "device"} data-testid={testid} {...marks}>
      {icon}
      <div class="device-main">
        <h3>{title}</h3>
        {children}
      </div>
      {actions && <div class="device-actions">{actions}</div>}
    </li>
  );
}

/** What is known, in one quiet line; what is empty is left out. */
export function Facts({ words }: { words: (string | undefined)[] }) {
  return <p class="quiet">{words.filter(Boolean).join(" · ")}</p>;
}

/** A row of short words. */
export function Pills({ words, label, strong }: { words: string[]; label: string; strong?: string }) {
  if (words.length === 0) return null;
  return (
    <ul class="pills" aria-label={label}>
      {words.map((word) => (
        <li key={word} class={word === strong ? "pill strong" : "pill"}>
          {word}
        </li>
      ))}
    </ul>
  );
}

interface ActionProps {
  label: string;
  testid: string;
  act: () => unknown;
  primary?: boolean;
}

/** A button with words. */
export function Action({ label, testid, act, primary = false }: ActionProps) {
  return (
    <button
      type="button"
      class={primary ? "button primary" : "button"}
      data-testid={testid}
      onClick={() => void act()}
    >
      {label}
    </button>
  );
}

/** A button with an icon; `label` says the whole of it, `title` is its short name. */
export function IconAction({
  label,
  title,
  testid,
  act,
  icon,
}: ActionProps & { title: string; icon: ComponentChild }) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={title}
      data-testid={testid}
      onClick={() => void act()}
    >
      {icon}
    </button>
  );
}
