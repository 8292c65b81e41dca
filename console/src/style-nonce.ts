/**
 * The page's policy lets styles in that carry its nonce (src/api/console-page.ts). Fluent UI, xterm and noVNC make style
 * elements while they run: each gets the nonce at its birth. No other script runs here, so this opens nothing.
 */
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce ?? "";
const create = document.createElement.bind(document);

document.createElement = ((name: string, options?: ElementCreationOptions) => {
  const element = create(name, options);
  if (name.toLowerCase() === "style") element.nonce = nonce;
  return element;
}) as typeof document.createElement;
