// What a node answered, as people want to see it: a picture as a picture, a film as a film, text as text.
import { isRecord, text } from "../wire/frames";

export type Shown =
  | { kind: "image" | "video"; url: string; words: string }
  | { kind: "run"; ok: boolean; words: string; out: string }
  | { kind: "json"; out: string };

const IMAGES: Record<string, string> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  webp: "image/webp",
};

export function shown(payload: unknown): Shown {
  if (!isRecord(payload)) return { kind: "json", out: JSON.stringify(payload, null, 2) ?? "" };
  const base64 = text(payload.base64);
  const format = text(payload.format) ?? "";
  // Only what is base64 gets into an address.
  if (base64 !== undefined && /^[A-Za-z0-9+/=\s]*$/.test(base64)) {
    const words = [payload.width && payload.height ? `${payload.width} × ${payload.height}` : "", format]
      .filter(Boolean)
      .join(" · ");
    const image = IMAGES[format];
    if (image) return { kind: "image", url: `data:${image};base64,${base64}`, words };
    if (format === "mp4") return { kind: "video", url: `data:video/mp4;base64,${base64}`, words };
  }
  if (typeof payload.stdout === "string" || typeof payload.stderr === "string") {
    const out = [text(payload.stdout), text(payload.stderr)].filter(Boolean).join("\n");
    const ok = payload.success === true || payload.exitCode === 0;
    const words =
      payload.timedOut === true ? "timed out" : `exit code ${String(payload.exitCode ?? "unknown")}`;
    return { kind: "run", ok, words, out };
  }
  return { kind: "json", out: JSON.stringify(payload, null, 2) };
}
