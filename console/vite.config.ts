/** How the console is built: one page below /console/, in pieces that browsers may keep for ever. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "/console/",
  build: {
    target: "es2024",
    // What the browser fetches in advance is in the page's head; no script adds anything to it.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    // The package has to show them (packaging/build.ts).
    license: { fileName: "licenses.md" },
    rolldownOptions: {
      // Directives for servers that render React; nothing here does.
      onLog: (level, log, report) => {
        if (log.code !== "MODULE_LEVEL_DIRECTIVE") report(level, log);
      },
      output: {
        // What changes least apart from what changes with each version.
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules\/(react|react-dom|scheduler|@tanstack)\// },
            { name: "fluent", test: /node_modules\/(@fluentui|@griffel|tabster|@floating-ui)\// },
            // Small things that most pages use: one request instead of forty.
            { name: "shared", test: /(console\/)?src\//, minShareCount: 2 },
          ],
        },
      },
    },
  },
});
