// The page's icons: drawn here, in one line weight, sized by the text around them.
import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

const icon = (d: string) => () => (
  <Icon>
    <path d={d} />
  </Icon>
);

export const PlusIcon = icon("M12 5v14M5 12h14");
export const SearchIcon = icon("M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 4.5 4.5");
export const SendIcon = icon("M12 19V5m-6 6 6-6 6 6");
export const StopIcon = icon("M8 8h8v8H8z");
export const MenuIcon = icon("M4 7h16M4 12h16M4 17h10");
export const CloseIcon = icon("m6 6 12 12M18 6 6 18");
export const ChatIcon = icon(
  "M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1h-7l-4.5 3.5V16H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1Z",
);
export const DeviceIcon = icon(
  "M8 3.5h8A1.5 1.5 0 0 1 17.5 5v14a1.5 1.5 0 0 1-1.5 1.5H8A1.5 1.5 0 0 1 6.5 19V5A1.5 1.5 0 0 1 8 3.5ZM11 17.5h2",
);
export const ChannelIcon = icon("M20 4 3.5 11l5.5 2.2M20 4l-3 15-8-5.8M20 4 9 13.2V19l2.6-3.6");
export const NodeIcon = icon("M4 5.5h16v10H4zM9 19.5h6M12 15.5v4");
export const CanvasIcon = icon("M4 5h16v14H4zM13 5v14m-6-9 2 2-2 2");
export const TaskIcon = icon("M5 4.5h14v15H5zM8.5 9.5l1.5 1.5 3-3M8.5 15.5h7");
export const WorkerIcon = icon("M4 5h16v6H4zM4 13h16v6H4zM7.5 8h.1M7.5 16h.1");
export const StatusIcon = icon("M3.5 12H7l2.5-6 4.5 12 2.5-6h4");
export const EditIcon = icon("M5 19h3.5L19 8.5 15.5 5 5 15.5V19Zm8.5-12 3.5 3.5");
export const TrashIcon = icon("M5 7h14M10 7V5h4v2m-7 0 .8 12h8.4L17 7m-7 4v5m4-5v5");
export const SunIcon = icon(
  "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm0-13v2m0 14v2m9-9h-2M5 12H3m15.4-6.4L17 7M7 17l-1.4 1.4m12.8 0L17 17M7 7 5.6 5.6",
);
export const MoonIcon = icon("M19.5 14A8 8 0 1 1 10 4.5a6.5 6.5 0 0 0 9.5 9.5Z");
export const AutoIcon = icon("M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 0v16m3-15v14");
export const ToolIcon = icon("m5 7 4 4-4 4m6 2h8");
export const ClipIcon = icon(
  "m18.5 11-7 7a4.2 4.2 0 0 1-6-6l7.5-7.5a2.8 2.8 0 0 1 4 4l-7.5 7.5a1.4 1.4 0 0 1-2-2l6.5-6.5",
);
export const DownIcon = icon("m6 10 6 6 6-6");
export const CheckIcon = icon("m5 12.5 4.5 4.5L19 7.5");
export const ShieldIcon = icon("M12 3.5 5 6v5.5c0 4.2 2.9 7.4 7 9 4.1-1.6 7-4.8 7-9V6l-7-2.5Zm0 5v4m0 3v.1");
export const LinkIcon = icon(
  "M10 14a4 4 0 0 0 5.7 0l2.8-2.8a4 4 0 0 0-5.7-5.7L11.5 6.8M14 10a4 4 0 0 0-5.7 0l-2.8 2.8a4 4 0 0 0 5.7 5.7l1.3-1.3",
);

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect class="logo-ground" width="32" height="32" rx="9" />
      <path
        class="logo-set"
        d="M8.5 13.5v-1.2C8.5 9.4 11.9 8 16 8s7.5 1.4 7.5 4.3v1.2c0 .8-.6 1.3-1.3 1.2l-2.3-.4c-.6-.1-1-.6-1-1.2v-1c-1.8-.5-4-.5-5.8 0v1c0 .6-.4 1.1-1 1.2l-2.3.4c-.7.1-1.3-.4-1.3-1.2Z"
      />
      <path class="logo-cord" d="M16 16.5c0 2.5-3.5 2-3.5 4.2 0 1.7 2 2.3 3.5 1.3 1.5-1 3.5-.8 3.5.9" />
    </svg>
  );
}
