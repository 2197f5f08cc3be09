// The canvas: what events make of it, and which addresses may be framed.
import { describe, expect, test } from "vitest";
import { type Canvas, changed, frameUrl } from "../src/store/canvas";

const NOTHING: Canvas = {
  sessionKey: "agent:main:main",
  filled: false,
  view: "files",
  path: "index.html",
  open: false,
  url: "",
};

describe("the canvas", () => {
  test("opens when something is presented, with a new address", () => {
    const shown = changed({ ...NOTHING, url: "/old" }, { action: "present", view: "a2ui" });
    expect(shown).toMatchObject({ open: true, filled: true, view: "a2ui", url: "" });
    expect(changed(NOTHING, { action: "present", path: "a b.html" }).path).toBe("a b.html");
  });

  test("does not open by itself because something was written", () => {
    expect(changed(NOTHING, { action: "write" })).toMatchObject({ open: false, filled: true });
    const open = { ...NOTHING, open: true, filled: true, url: "/now" };
    expect(changed(open, { action: "write" })).toEqual(open);
    expect(changed(open, { action: "hide" }).open).toBe(false);
    expect(changed(open, { action: "something new" })).toBe(open);
  });

  test("is framed from a capability's address and from nowhere else", () => {
    const filesPath = `/__landline__/cap/${"A".repeat(24)}/__landline__/canvas/x/`;
    const a2uiPath = `/__landline__/cap/${"A".repeat(24)}/__landline__/a2ui/`;
    expect(frameUrl({ filesPath, a2uiPath }, "files", "a/b c.html")).toBe(`${filesPath}a/b%20c.html`);
    expect(frameUrl({ filesPath, a2uiPath }, "a2ui", "index.html")).toBe(a2uiPath);
    for (const bad of [
      "",
      "/",
      "//evil.test/",
      "https://evil.test/",
      "/__landline__/cap/short/",
      "javascript:1",
    ]) {
      expect(frameUrl({ filesPath: bad }, "files", "index.html")).toBe("");
    }
  });
});
