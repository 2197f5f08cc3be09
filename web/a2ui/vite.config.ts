// How the A2UI page is built: one script of the classic kind, because a page in an origin of its own may load no module.
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: process.env.LANDLINE_A2UI_OUT || here("../dist-a2ui"),
    emptyOutDir: true,
    target: "es2022",
    lib: { entry: here("src/main.ts"), formats: ["iife"], name: "a2ui", fileName: () => "a2ui.js" },
  },
});
