/**
 * How the agent and the command line are packed: sources and dependencies become a few files, which start in a quarter of the
 * time that hundreds take.
 */
import { oneByteSource } from "./one-byte-source.ts";

export default {
  plugins: [oneByteSource],
  logLevel: "warn",
  build: {
    ssr: true,
    target: "node26",
    minify: false,
    // The package has to show them (build.ts).
    license: { fileName: "licenses.md" },
    rolldownOptions: {
      // Both, and every program that the agent starts out of its own sources; each keeps its file's name.
      input: {
        ferryd: "bin/ferryd.ts",
        ferry: "bin/ferry.ts",
        worker: "src/session/worker.ts",
        "keeper-process": "src/cluster/keeper-process.ts",
      },
      output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
  // All of it: what is not packed is found nowhere on a host.
  ssr: { noExternal: true, target: "node" },
};
