// The copy buttons of code blocks.

/** One listener for the page: the buttons come from markdown, which makes no components. */
export function startCopyButtons(): void {
  document.addEventListener("click", copyCode);
}

function copyCode(event: MouseEvent): void {
  const button =
    event.target instanceof Element ? event.target.closest<HTMLButtonElement>("[data-copy]") : null;
  const code = button?.closest(".code")?.querySelector("code")?.textContent;
  if (!button || code === undefined || code === null) return;
  void navigator.clipboard.writeText(code).then(
    () => flash(button, "Copied"),
    () => flash(button, "Not allowed"),
  );
}

function flash(button: HTMLButtonElement, word: string): void {
  button.textContent = word;
  setTimeout(() => {
    button.textContent = "Copy";
  }, 1_500);
}
