// The sessions: search, new chat, and a list to walk through with the arrow keys.
import { useEffect, useRef } from "preact/hooks";
import { approvals } from "../store/approvals";
import { ago, useNow } from "../store/clock";
import { hello, online } from "../store/gateway";
import { attempt } from "../store/notices";
import { route, routeHash } from "../store/route";
import {
  createSession,
  found,
  moreSessions,
  query,
  type SessionRow,
  search,
  sessions,
  sessionsLoaded,
  showMore,
} from "../store/sessions";
import { agents } from "../store/status";
import { PlusIcon, SearchIcon } from "./icons";

export function SessionList() {
  const list = useRef<HTMLUListElement>(null);
  const shown = found.value ?? sessions.value;
  const here = route.value.page === "chat" ? (route.value.session ?? hello.value?.mainSessionKey) : undefined;
  return (
    <nav class="sessions" aria-label="Chats">
      <NewChat />
      <SearchBox onDown={() => list.current?.querySelector("a")?.focus()} />
      <ul ref={list} class="session-items" onKeyDown={walk} data-testid="sessions">
        {shown.map((row, index) => (
          <Item
            key={row.key}
            row={row}
            here={row.key === here}
            first={index === 0}
            anyHere={shown.some((r) => r.key === here)}
          />
        ))}
      </ul>
      {shown.length === 0 && <p class="quiet none">{emptyWords()}</p>}
      {found.value === null && moreSessions.value && (
        <button type="button" class="text-button more" onClick={showMore}>
          Show more chats
        </button>
      )}
    </nav>
  );
}

function emptyWords(): string {
  if (found.value !== null) return `Nothing found for “${query.value.trim()}”.`;
  return sessionsLoaded.value ? "No chats yet. Write a message to begin." : "";
}

function NewChat() {
  const known = agents.value;
  const create = (agentId?: string) => void attempt("Could not start a chat", () => createSession(agentId));
  if (known.length < 2) {
    return (
      <button
        type="button"
        class="button new-chat"
        disabled={!online.value}
        onClick={() => create()}
        data-testid="new-chat"
      >
        <PlusIcon /> New chat
      </button>
    );
  }
  return (
    <div class="new-chat-row">
      <button
        type="button"
        class="button new-chat"
        disabled={!online.value}
        onClick={() => create()}
        data-testid="new-chat"
      >
        <PlusIcon /> New chat
      </button>
      <select
        class="field"
        aria-label="New chat with another agent"
        disabled={!online.value}
        data-testid="new-chat-agent"
        onChange={(event) => {
          const agentId = event.currentTarget.value;
          event.currentTarget.value = "";
          if (agentId) create(agentId);
        }}
      >
        <option value="">with…</option>
        {known.map((agent) => (
          <option key={agent.id} value={agent.id}>
            {agent.name}
          </option>
        ))}
      </select>
    </div>
  );
}

function SearchBox({ onDown }: { onDown(): void }) {
  return (
    <div class="search">
      <SearchIcon />
      <input
        id="search"
        type="search"
        class="field"
        placeholder="Search chats"
        aria-label="Search chats"
        aria-keyshortcuts="Control+K Meta+K"
        autocomplete="off"
        spellcheck={false}
        data-testid="search"
        value={query.value}
        onInput={(event) => search(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") {
            event.preventDefault();
            onDown();
          }
          if (event.key === "Escape") {
            event.stopPropagation();
            search("");
            event.currentTarget.blur();
          }
        }}
      />
    </div>
  );
}

function Item({
  row,
  here,
  first,
  anyHere,
}: {
  row: SessionRow;
  here: boolean;
  first: boolean;
  anyHere: boolean;
}) {
  const now = useNow("slow");
  const item = useRef<HTMLAnchorElement>(null);
  const asked = approvals.value.filter((approval) => approval.sessionKey === row.key).length;
  useEffect(() => {
    if (here) item.current?.scrollIntoView({ block: "nearest" });
  }, [here]);
  return (
    <li>
      <a
        ref={item}
        class="session"
        href={routeHash({ page: "chat", session: row.key })}
        aria-current={here ? "page" : undefined}
        // One stop for the Tab key; the arrow keys do the rest.
        tabIndex={here || (first && !anyHere) ? 0 : -1}
        data-testid="session"
        data-session-key={row.key}
        data-running={row.running}
      >
        <span class="session-title">
          {row.origin && <span class="session-origin">{row.origin}</span>} {row.title}
        </span>
        <span class="session-meta">
          {asked > 0 ? (
            <span class="badge" data-testid="session-approval">
              {asked} to allow
            </span>
          ) : row.running ? (
            <span class="session-running">answering</span>
          ) : (
            row.updatedAt > 0 && ago(row.updatedAt, now)
          )}
        </span>
        <span class="session-preview">{row.preview}</span>
      </a>
    </li>
  );
}

function walk(event: KeyboardEvent): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const list = event.currentTarget as HTMLElement;
  const items = [...list.querySelectorAll("a")];
  const at = items.indexOf(document.activeElement as HTMLAnchorElement);
  const to =
    event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : step === undefined ? -1 : at + step;
  if (to === -1 && step === -1) document.getElementById("search")?.focus();
  if (to < 0 || to >= items.length) return;
  event.preventDefault();
  items[to]?.focus();
}
