// Which addresses a message may link to or load pictures from.

/** Returns the link target when it is one that may be opened, else null. */
export function safeLink(href: string): string | null {
  const value = href.trim();
  return /^(https?:\/\/|mailto:)/i.test(value) ? value : null;
}

/** Returns the picture's address when it is inline data or on the page's own origin, else null. */
export function safeImage(src: string, origin: string): string | null {
  const value = src.trim();
  if (/^data:image\/(png|jpeg|gif|webp|avif);base64,[a-z0-9+/=]+$/i.test(value)) return value;
  try {
    const url = new URL(value, origin);
    return url.origin === origin && !/^[a-z]+:/i.test(value.replace(origin, "")) ? url.href : null;
  } catch {
    return null;
  }
}

export function escapeHtml(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}
