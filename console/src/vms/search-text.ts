/** What is searched for: kept in the address, so that links and *back* find it again, but only once typing pauses. */
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";

const route = getRouteApi("/vms");

const pauseMs = 300;

interface SearchText {
  readonly text: string;
  readonly setText: (text: string) => void;
}

/** N.B. a new address goes through the router, which takes longer than the search, and would hold up each letter. */
export function useSearchText(): SearchText {
  const { search = "" } = route.useSearch();
  const navigate = useNavigate({ from: "/vms" });
  const [text, setText] = useState(search);
  /** What the address says, as far as this search has to do with it. */
  const written = useRef(search);
  useEffect(() => {
    if (written.current === search) return;
    // Somebody went elsewhere: by a link, or back.
    written.current = search;
    setText(search);
  }, [search]);
  useEffect(() => {
    if (written.current === text) return;
    const timer = setTimeout(() => {
      written.current = text;
      void navigate({
        search: ({ host }) => ({ ...(host && { host }), ...(text && { search: text }) }),
        replace: true,
      });
    }, pauseMs);
    return () => clearTimeout(timer);
  }, [text, navigate]);
  return { text, setText };
}
