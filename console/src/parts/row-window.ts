/** Which rows of a long table are in the page: those in sight and some around them. All rows are of one height. */
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";

export interface RowWindow {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

/** Rows come and go by so many at once: a page that scrolls fast renders in every third frame or so, not in each. */
const stepRows = 8;
/** Above and below what is in sight; scrolling draws before the page hears of it. */
const spareRows = 6;
/** Until the page is laid out nobody knows how many are in sight. */
const atFirst: RowWindow = { first: 0, end: 24 };

/** @param top How far it was scrolled, pixels. */
export function rowsAround(top: number, height: number, rowHeight: number): RowWindow {
  const first = Math.floor(top / rowHeight) - spareRows;
  const end = Math.ceil((top + height) / rowHeight) + spareRows;
  return {
    first: Math.max(0, Math.floor(first / stepRows) * stepRows),
    end: Math.ceil(end / stepRows) * stepRows,
  };
}

/** A list that has become shorter shows its end, until the browser has scrolled back to it. */
export function withinRows({ first, end }: RowWindow, count: number): RowWindow {
  const last = Math.min(end, count);
  return { first: Math.max(0, Math.min(first, last - (end - first))), end: last };
}

export function useRowWindow(
  scroll: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): RowWindow & { readonly toTop: () => void } {
  const [rows, setRows] = useState(atFirst);
  const top = useRef(0);
  useEffect(() => {
    const element = scroll.current;
    if (element === null) return;
    const look = () => {
      top.current = element.scrollTop;
      const next = rowsAround(top.current, element.clientHeight, rowHeight);
      setRows((old) => (old.first === next.first && old.end === next.end ? old : next));
    };
    // Tells once by itself, before the first picture is drawn.
    const size = new ResizeObserver(look);
    size.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      size.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [scroll, rowHeight]);
  const toTop = useCallback(() => {
    // N.B. asking where it stands, or telling it to stand where it does, lays the page out.
    if (top.current > 0) scroll.current?.scrollTo(0, 0);
  }, [scroll]);
  return { ...withinRows(rows, count), toTop };
}
