// Who this page says it is when it connects.

export const CLIENT_ID = "landline-panel";
export const CLIENT_MODE = "webchat";
export const CLIENT_VERSION = "0.1.0";
export const ROLE = "operator";
export const SCOPES = [
  "operator.admin",
  "operator.read",
  "operator.write",
  "operator.approvals",
  "operator.questions",
  "operator.pairing",
] as const;
export const CAPS = ["tool-events", "approvals"];

export interface BrowserDescription {
  displayName: string;
  platform: string;
  instanceId: string;
  timeZone: string;
}

let instanceId = "";

export function describeBrowser(): BrowserDescription {
  // Made on first use: outside a secure context there is no randomUUID, and the page has to say so calmly.
  instanceId ||= crypto.randomUUID();
  const platform = navigator.platform || "browser";
  return {
    displayName: `${browserName(navigator.userAgent)} on ${systemName(navigator.userAgent)}`,
    platform,
    instanceId,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}

export function browserName(agent: string): string {
  if (/Edg\//.test(agent)) return "Edge";
  if (/Firefox\//.test(agent)) return "Firefox";
  if (/Chrom(e|ium)\//.test(agent)) return "Chrome";
  if (/Safari\//.test(agent)) return "Safari";
  return "Browser";
}

export function systemName(agent: string): string {
  if (/Android/.test(agent)) return "Android";
  if (/iPhone|iPad/.test(agent)) return "iOS";
  if (/Mac OS X/.test(agent)) return "macOS";
  if (/Windows/.test(agent)) return "Windows";
  if (/Linux|X11/.test(agent)) return "Linux";
  return "this device";
}
