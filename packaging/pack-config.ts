/**
 * How the agent is packed: its sources and dependencies become two files, `ferryd.js` and the session's `worker.js`, which
 * start in a fifth of the time that hundreds take.
 */
export default {
  logLevel: "warn",
  build: {
    ssr: true,
    target: "node26",
    minify: false,
    rolldownOptions: {
      input: { ferryd: "bin/ferryd.ts", worker: "src/session/worker.ts" },
      output: { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
    },
  },
  // All of it: what is not packed is found nowhere on a host.
  ssr: { noExternal: true, target: "node" },
};
