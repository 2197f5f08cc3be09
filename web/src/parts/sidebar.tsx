// The side of the page: where one is connected to, the chats, and the other pages.
import { approvals } from "../store/approvals";
import { strangers } from "../store/channels";
import { pending } from "../store/devices";
import { offers } from "../store/nodes";
import { closeDrawer, drawerOpen, type Page, route } from "../store/route";
import { nextTheme, theme } from "../store/theme";
import { hasWorkers } from "../store/workers";
import { ConnectionBadge } from "./connection-badge";
import {
  AutoIcon,
  ChannelIcon,
  ChatIcon,
  CloseIcon,
  DeviceIcon,
  Logo,
  MoonIcon,
  NodeIcon,
  ShieldIcon,
  StatusIcon,
  SunIcon,
  TaskIcon,
  WorkerIcon,
} from "./icons";
import { SessionList } from "./session-list";

export function Sidebar() {
  return (
    <>
      {drawerOpen.value && <div class="veil" aria-hidden="true" onClick={closeDrawer} />}
      <aside id="sidebar" class={drawerOpen.value ? "sidebar open" : "sidebar"} aria-label="Navigation">
        <div class="brand">
          <Logo />
          <span class="brand-name">Landline</span>
          <ThemeButton />
          <button
            type="button"
            class="icon-button drawer-button"
            aria-label="Close the chat list"
            onClick={closeDrawer}
          >
            <CloseIcon />
          </button>
        </div>
        <ConnectionBadge />
        <SessionList />
        <nav class="pages" aria-label="Pages">
          <PageLink page="chat" name="Chat" count={0} icon={<ChatIcon />} />
          <PageLink page="approvals" name="Approvals" count={approvals.value.length} icon={<ShieldIcon />} />
          <PageLink page="tasks" name="Tasks" count={0} icon={<TaskIcon />} />
          {hasWorkers.value && <PageLink page="workers" name="Workers" count={0} icon={<WorkerIcon />} />}
          <PageLink page="channels" name="Channels" count={strangers.value.length} icon={<ChannelIcon />} />
          <PageLink page="nodes" name="Nodes" count={offers.value.length} icon={<NodeIcon />} />
          <PageLink page="devices" name="Devices" count={pending.value.length} icon={<DeviceIcon />} />
          <PageLink page="status" name="Status" count={0} icon={<StatusIcon />} />
        </nav>
      </aside>
    </>
  );
}

interface LinkProps {
  page: Page;
  name: string;
  count: number;
  icon: preact.ComponentChild;
}

function PageLink({ page, name, count, icon }: LinkProps) {
  return (
    <a
      href={`#/${page}`}
      aria-current={route.value.page === page ? "page" : undefined}
      data-testid={`nav-${page}`}
    >
      {icon}
      <span>{name}</span>
      {count > 0 && (
        <span class="badge" data-testid={`badge-${page}`}>
          {count}
          <span class="sr-only"> waiting</span>
        </span>
      )}
    </a>
  );
}

function ThemeButton() {
  const now = theme.value;
  const words = { system: "as the system", light: "light", dark: "dark" }[now];
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Colours: ${words}. Change`}
      title={`Colours: ${words}`}
      data-testid="theme"
      onClick={nextTheme}
    >
      {now === "light" ? <SunIcon /> : now === "dark" ? <MoonIcon /> : <AutoIcon />}
    </button>
  );
}
