// The conversation: its head, its rows, what it asks for, and the composer.
import { useEffect, useMemo } from "preact/hooks";
import { isRunning } from "../chat/reduce";
import { chatRows } from "../chat/rows";
import { ApprovalCard } from "../parts/approval-card";
import { CanvasButton, CanvasPane } from "../parts/canvas-pane";
import { Composer } from "../parts/composer";
import { askName, confirm } from "../parts/dialog";
import { ChatIcon, EditIcon, TrashIcon } from "../parts/icons";
import { Message } from "../parts/message";
import { Scroller } from "../parts/scroller";
import { TopBar } from "../parts/top-bar";
import { approvals } from "../store/approvals";
import { canvas, openCanvas } from "../store/canvas";
import { openChat, send } from "../store/chats";
import { attempt } from "../store/notices";
import { deleteSession, renameSession, sessions, titleOfKey } from "../store/sessions";

export function ChatPage({ sessionKey }: { sessionKey: string }) {
  const chat = useMemo(() => openChat(sessionKey), [sessionKey]);
  const state = chat.state.value;
  const rows = useMemo(() => chatRows(state), [state]);
  const asked = approvals.value.filter((approval) => approval.sessionKey === sessionKey);
  const elsewhere = approvals.value.filter((approval) => approval.sessionKey === undefined);
  const running = isRunning(state);
  const title = sessions.value.find((row) => row.key === sessionKey)?.title ?? titleOfKey(sessionKey);
  useEffect(() => {
    document.title = `${title} · Landline`;
  }, [title]);
  useEffect(() => {
    openCanvas(sessionKey).catch(() => undefined);
  }, [sessionKey]);
  return (
    <div class={canvas.value?.open ? "with-canvas" : "alone"}>
      <main class="page chat" data-testid="chat" data-session-key={sessionKey} data-loaded={state.loaded}>
        <TopBar title={title}>
          <CanvasButton />
          {(rows.length > 0 || sessions.value.some((row) => row.key === sessionKey)) && (
            <SessionActions sessionKey={sessionKey} title={title} />
          )}
        </TopBar>
        <Scroller sessionKey={sessionKey} chat={chat} newest={`${rows.length}:${asked.length}`}>
          {rows.map((row) => (
            <Message key={row.key} row={row} sessionKey={sessionKey} />
          ))}
          {[...asked, ...elsewhere].map((approval) => (
            <ApprovalCard key={approval.id} approval={approval} />
          ))}
          {rows.length === 0 && state.loaded && <EmptyChat sessionKey={sessionKey} />}
          {chat.problem.value && (
            <p class="foot bad" role="alert">
              Could not read this chat: {chat.problem.value}
            </p>
          )}
        </Scroller>
        <Composer sessionKey={sessionKey} running={running} />
      </main>
      <CanvasPane />
    </div>
  );
}

function SessionActions({ sessionKey, title }: { sessionKey: string; title: string }) {
  const row = sessions.value.find((other) => other.key === sessionKey);
  const rename = async () => {
    const label = await askName({ title: "Name of this chat", initial: title });
    if (label !== null) await attempt("Could not rename", () => renameSession(sessionKey, label));
  };
  const remove = async () => {
    const sure = await confirm({
      title: `Delete “${title}”?`,
      detail: "The whole conversation is removed. This cannot be undone.",
      action: "Delete",
    });
    if (sure) await attempt("Could not delete", () => deleteSession(sessionKey));
  };
  return (
    <>
      <button
        type="button"
        class="icon-button"
        aria-label="Rename chat"
        title="Rename"
        data-testid="rename-session"
        onClick={() => void rename()}
      >
        <EditIcon />
      </button>
      {!(row?.isMain ?? sessionKey.endsWith(":main")) && (
        <button
          type="button"
          class="icon-button"
          aria-label="Delete chat"
          title="Delete"
          data-testid="delete-session"
          onClick={() => void remove()}
        >
          <TrashIcon />
        </button>
      )}
    </>
  );
}

function EmptyChat({ sessionKey }: { sessionKey: string }) {
  const starters = ["What can you do here?", "/status", "/help"];
  return (
    <section class="empty" data-testid="empty-chat">
      <ChatIcon />
      <h2>How can I help?</h2>
      <p>
        Write below: Enter sends, Shift+Enter starts a new line. Nothing gets lost when the connection drops;
        it is sent once the gateway is back.
      </p>
      <div class="starters">
        {starters.map((words) => (
          <button key={words} type="button" class="button" onClick={() => send(sessionKey, words, [])}>
            {words}
          </button>
        ))}
      </div>
    </section>
  );
}
