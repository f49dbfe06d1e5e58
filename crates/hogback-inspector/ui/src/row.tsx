import { clockTime, hue, shortId, visible } from './format';
import { SideIcon } from './icons';
import type { Row } from './types';

interface Props {
  row: Row;
  selected: boolean;
  onOpen: (row: Row) => void;
}

export function EventRow({ row, selected, onOpen }: Props) {
  const kind = row.event === '$exception' ? ' exception' : '';
  return (
    <div
      id={`row-${row.id}`}
      class={`row${kind}${selected ? ' selected' : ''}`}
      role="option"
      aria-selected={selected}
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
