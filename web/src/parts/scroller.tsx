// Keeps the newest row in view while the reader is at the end, and reads older rows when they scroll up.
import type { Signal } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ChatState } from "../chat/types";
import { loadOlder } from "../store/chats";
import { online } from "../store/gateway";
import { DownIcon } from "./icons";

interface Props {
  sessionKey: string;
  chat: { state: Signal<ChatState>; loadingOlder: Signal<boolean> };
  /** Changes when a row is added at the end. */
  newest: string;
  children: ComponentChildren;
}

/** This near to the end counts as reading along. */
const NEAR_PX = 80;
const OLDER_PX = 200;

export function Scroller({ children, ...props }: Props) {
  const { chat } = props;
  const { view, inner, away, scrolled, jump } = useScrolling(props);
  return (
    <div class="scroller-frame">
      <div
        ref={view}
        class="scroller"
        onScroll={scrolled}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Conversation"
      >
        <div ref={inner} class="rows">
          {children}
        </div>
      </div>
      {chat.loadingOlder.value && <p class="pill reading-older">Reading older messages…</p>}
      {away && (
        <button
          type="button"
          class="round-button to-end"
          aria-label="Jump to the latest message"
          onClick={jump}
        >
          <DownIcon />
        </button>
      )}
    </div>
  );
}

/** Follows the end, keeps the reader's place, and asks for older rows. */
function useScrolling({ sessionKey, chat, newest }: Omit<Props, "children">) {
  const view = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [away, setAway] = useState(false);
  const oldest = chat.state.value.history[0]?.id;
  const before = useRef({ height: 0, oldest });

  const toEnd = () => {
    const box = view.current;
    if (box) box.scrollTop = box.scrollHeight;
  };

  // At the beginning of what is known, or with room to spare: the reader cannot scroll to ask for more.
  const readOlder = () => {
    const box = view.current;
    if (!box || box.scrollTop >= OLDER_PX) return;
    if (!following.current || box.scrollHeight <= box.clientHeight) void loadOlder(sessionKey);
  };

  // Another session starts at its end.
  useLayoutEffect(() => {
    following.current = true;
    setAway(false);
    toEnd();
  }, [sessionKey]);

  // Older rows were put in front: what was being read stays where it is.
  useLayoutEffect(() => {
    const box = view.current;
    if (!box) return;
    const grown = box.scrollHeight - before.current.height;
    if (before.current.oldest !== oldest && !following.current && grown > 0) box.scrollTop += grown;
    before.current = { height: box.scrollHeight, oldest };
  }, [oldest]);

  useLayoutEffect(() => {
    if (following.current) toEnd();
  }, [newest]);

  // Also when an earlier attempt failed and the connection is back.
  const hasOlder = chat.state.value.hasOlder;
  useEffect(readOlder, [oldest, hasOlder, online.value, sessionKey]);

  useGrowth(inner, () => {
    if (following.current) toEnd();
    before.current.height = view.current?.scrollHeight ?? 0;
  });

  const jump = () => {
    following.current = true;
    toEnd();
  };

  const scrolled = () => {
    const box = view.current;
    if (!box) return;
    following.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
    setAway(!following.current);
    readOlder();
  };
  return { view, inner, away, scrolled, jump };
}

/** Whatever makes the rows taller: streaming, pictures, an opened tool. */
function useGrowth(inner: RefObject<HTMLDivElement | null>, grown: () => void): void {
  useEffect(() => {
    if (!inner.current) return;
    const watch = new ResizeObserver(grown);
    watch.observe(inner.current);
    return () => watch.disconnect();
  }, []);
}
