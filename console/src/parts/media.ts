/** What the browser says of itself, as stores for React. */

interface Media {
  readonly subscribe: (listener: () => void) => () => void;
  readonly holds: () => boolean;
}

/**
 * N.B. `matches` is asked once and told by the event afterwards. Chromium brings a media query up to date when it is asked, and then has
 * no change to tell of: a page that renders ten times a second would take the event from everybody who waits for it.
 */
export function watchMedia(query: string): Media {
  const list = window.matchMedia(query);
  const listeners = new Set<() => void>();
  let holds = list.matches;
  list.addEventListener("change", ({ matches }) => {
    holds = matches;
    for (const listener of listeners) listener();
  });
  return {
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    holds: () => holds,
  };
}
