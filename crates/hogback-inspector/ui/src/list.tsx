// The list: thousands of rows, of which only those in sight are in the document.

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { EventRow } from './row';
import type { Row } from './types';

/** Must agree with `--row` in the style sheet. */
export const ROW_HEIGHT = 27;

/** Rows drawn beyond both edges, so that fast scrolling shows no blank. */
const MARGIN = 12;

interface Props {
  rows: readonly Row[];
  selectedId: number | null;
  onOpen: (row: Row) => void;
}

/** The first and the one after the last row to draw. */
export function visibleRange(scrollTop: number, height: number, count: number): [number, number] {
  const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - MARGIN);
  const end = Math.min(count, Math.ceil((scrollTop + height) / ROW_HEIGHT) + MARGIN);
  return [Math.min(first, count), end];
}

export function EventList({ rows, selectedId, onOpen }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  useAnchoredScroll(box, rows);
  useShownSelection(box, rows, selectedId);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  const [first, end] = visibleRange(view.top, view.height, rows.length);
  const shown = rows.slice(first, end);
  const isSelectionShown = shown.some((row) => row.id === selectedId);
  return (
    <div
      class="list"
      ref={box}
      role="listbox"
      aria-label="Events, newest first"
      aria-activedescendant={isSelectionShown ? `row-${selectedId}` : undefined}
      tabIndex={0}
    >
      <div class="list-space" style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
        <div class="list-window" style={{ transform: `translateY(${first * ROW_HEIGHT}px)` }}>
          {shown.map((row, index) => (
            <EventRow
              key={row.id}
              row={row}
              place={first + index + 1}
              count={rows.length}
              selected={row.id === selectedId}
              onOpen={onOpen}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

type Box = { readonly current: HTMLDivElement | null };

/** At the top, new rows push the others down; further down, what is being read stays where it is. */
function useAnchoredScroll(box: Box, rows: readonly Row[]): void {
  const newest = useRef<number | null>(null);
  useLayoutEffect(() => {
    const element = box.current;
    const before = newest.current;
    newest.current = rows[0]?.id ?? null;
    if (element === null || before === null || element.scrollTop < ROW_HEIGHT) return;
    const added = rows.findIndex((row) => row.id === before);
    if (added > 0) element.scrollTop += added * ROW_HEIGHT;
  }, [rows]);
}

function useShownSelection(box: Box, rows: readonly Row[], selectedId: number | null): void {
  useEffect(() => {
    const element = box.current;
    const index = rows.findIndex((row) => row.id === selectedId);
    if (element === null || index < 0) return;
    const top = index * ROW_HEIGHT;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW_HEIGHT > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + ROW_HEIGHT - element.clientHeight;
    }
    // Only when the selection moves: rows that arrive must not scroll the list.
  }, [selectedId]);
}
