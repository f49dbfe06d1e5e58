import { clockTime, hue, shortId, visible } from './format';
import { SideIcon } from './icons';
import type { Row } from './types';

interface Props {
  row: Row;
  /** Its place in the list, from 1, and the length of the list: most rows are not in the document. */
  place: number;
  count: number;
  selected: boolean;
  onOpen: (row: Row) => void;
}

/** Milliseconds for which a row counts as new; the animation in the style sheet takes as long. */
const NEW_FOR = 900;

/** Rows that scrolling brings back into the document must not look as if they had just arrived. */
export function isNew(row: Row, now: number): boolean {
  return now - new Date(row.received).getTime() < NEW_FOR;
}

export function EventRow({ row, place, count, selected, onOpen }: Props) {
  const kind = (row.event === '$exception' ? ' exception' : '') + (isNew(row, Date.now()) ? ' new' : '');
  return (
    <div
      id={`row-${row.id}`}
      class={`row${kind}${selected ? ' selected' : ''}`}
      role="option"
      aria-selected={selected}
      aria-posinset={place}
      aria-setsize={count}
      onClick={() => onOpen(row)}
    >
      <time class="cell-time" dateTime={row.timestamp}>
        {clockTime(row.timestamp)}
      </time>
      <SideIcon side={row.side} />
      <span class="cell-name" title={row.event}>
        {visible(row.event)}
      </span>
      <span class="cell-title" title={row.title}>
        {visible(row.title)}
      </span>
      <span class="cell-who" title={row.distinct_id}>
        {visible(row.distinct_id)}
      </span>
      <span class="cell-session" title={row.session_id ?? ''}>
        {row.session_id !== null && (
          <>
            <i class={`dot hue-${hue(row.session_id)}`} />
            {visible(shortId(row.session_id))}
          </>
        )}
      </span>
    </div>
  );
}
