// A command to be typed in a terminal, with a button that copies it.
import { useState } from "preact/hooks";

export function CopyCommand({ command }: { command: string }) {
  const [word, setWord] = useState("Copy");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command);
      setWord("Copied");
    } catch {
      setWord("Not allowed");
    }
    setTimeout(() => setWord("Copy"), 1_500);
  };
  return (
    <div class="command">
      <code data-testid="command">{command}</code>
      <button type="button" class="text-button" onClick={() => void copy()} aria-label={`Copy ${command}`}>
        {word}
      </button>
    </div>
  );
}
