// The whole page: the side, one page beside it, and what lies over both.

import { useEffect } from "preact/hooks";
import { ApprovalsPage } from "./pages/approvals";
import { ChannelsPage } from "./pages/channels";
import { ChatPage } from "./pages/chat";
import { DevicesPage } from "./pages/devices";
import { NodesPage } from "./pages/nodes";
import { StatusPage } from "./pages/status";
import { TaskPage } from "./pages/task";
import { TasksPage } from "./pages/tasks";
import { WelcomePage } from "./pages/welcome";
import { WorkersPage } from "./pages/workers";
import { DialogHost } from "./parts/dialog";
import { Sidebar } from "./parts/sidebar";
import { hello, link, refusal } from "./store/gateway";
import { dismiss, notices, spoken } from "./store/notices";
import { drawerOpen, route } from "./store/route";

export function App() {
  return (
    <>
      {outside() ? <WelcomePage /> : <Inside />}
      <DialogHost />
      <Notices />
      <p class="sr-only" aria-live="polite" data-testid="spoken">
        {spoken.value}
      </p>
    </>
  );
}

/** Whether this browser is not let in; a mere loss of the connection keeps the page as it is. */
function outside(): boolean {
  if (hello.value === null || link.value.kind === "unable") return true;
  const kind = refusal.value?.kind;
  return kind === "link" || kind === "pairing" || kind === "incompatible";
}

function Inside() {
  const here = route.value;
  useEffect(() => {
    // Behind the open drawer nothing can be reached, by pointer or by key.
    document.querySelector("main")?.toggleAttribute("inert", drawerOpen.value);
  }, [drawerOpen.value]);
  const main = hello.value?.mainSessionKey ?? "agent:main:main";
  return (
    <div class="layout">
      <Sidebar />
      {here.page === "chat" && <ChatPage sessionKey={here.session ?? main} />}
      {here.page === "approvals" && <ApprovalsPage id={here.id} />}
      {here.page === "tasks" && (here.id === undefined ? <TasksPage /> : <TaskPage id={here.id} />)}
      {here.page === "workers" && <WorkersPage />}
      {here.page === "channels" && <ChannelsPage />}
      {here.page === "nodes" && <NodesPage />}
      {here.page === "devices" && <DevicesPage />}
      {here.page === "status" && <StatusPage />}
    </div>
  );
}

function Notices() {
  return (
    <div class="notices" role="status">
      {notices.value.map((notice) => (
        <button
          key={notice.id}
          type="button"
          class={`notice ${notice.tone}`}
          data-testid="notice"
          onClick={() => dismiss(notice.id)}
        >
          {notice.text}
        </button>
      ))}
    </div>
  );
}
