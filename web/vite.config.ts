// How the panel is built: static files only, nothing that a strict Content-Security-Policy would block.
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "./",
  build: {
    // The gateway's build script may ask for the files elsewhere.
    outDir: process.env.LANDLINE_PANEL_OUT || "dist",
    emptyOutDir: true,
    target: "es2022",
    // The polyfill would be an inline script.
    modulePreload: { polyfill: false },
    // Inlined assets would be data: URLs, which the policy allows for images only.
    assetsInlineLimit: 0,
  },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
