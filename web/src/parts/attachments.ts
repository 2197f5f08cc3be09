// Reads files that are sent along with a message.
import type { Attachment } from "../chat/types";

export async function readAttachment(file: File): Promise<Attachment> {
  return {
    type: file.type.startsWith("image/") ? "image" : "file",
    mimeType: file.type || "application/octet-stream",
    fileName: file.name || "pasted",
    content: base64(new Uint8Array(await file.arrayBuffer())),
  };
}

const CHUNK = 0x8000;

export function base64(bytes: Uint8Array): string {
  let binary = "";
  // In chunks: one call with every byte as an argument would overflow the stack.
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return btoa(binary);
}
