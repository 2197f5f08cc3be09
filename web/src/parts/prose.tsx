// Shows markdown; while an answer grows, only its last block is parsed and cleaned again, once per frame.
import { memo } from "preact/compat";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Block, blockHtml, blocks } from "./markdown";

export function Prose({ text, live }: { text: string; live: boolean }) {
  const shown = useFrame(text, live);
  const list = useMemo(() => blocks(shown), [shown]);
  return (
    <div class="prose">
      {list.map((block, index) => (
        <BlockView key={index} block={block} />
      ))}
    </div>
  );
}

const BlockView = memo(
  ({ block }: { block: Block }) => (
    <div class="block" dangerouslySetInnerHTML={{ __html: blockHtml(block) }} />
  ),
  (before, after) => before.block.raw === after.block.raw,
);

/** Returns the newest text, but at most once per animation frame while it is growing. */
function useFrame(text: string, live: boolean): string {
  const [shown, setShown] = useState(text);
  useEffect(() => {
    if (!live) return;
    const frame = requestAnimationFrame(() => setShown(text));
    return () => cancelAnimationFrame(frame);
  }, [text, live]);
  return live ? shown : text;
}
