// The line below the list, and what is said in place of rows.

import { useEffect, useRef, useState } from 'preact/hooks';
import { deleteAll } from './api';
import type { Feed, View } from './feed';

export function Footer({ view, shown, feed }: { view: View; shown: number; feed: Feed }) {
  const filtered = view.rows.length - shown;
  const remove = () => {
    if (!confirm('Delete all events from the store? This cannot be undone.')) return;
    deleteAll().catch((error: unknown) => alert(`The events could not be deleted: ${String(error)}`));
  };
  return (
    <footer class="foot">
      <span>
        {shown.toLocaleString()} {shown === 1 ? 'event' : 'events'}
        {filtered > 0 && ` · ${filtered.toLocaleString()} filtered out`}
        {view.waiting > 0 && ` · ${view.waiting.toLocaleString()} new while paused`}
      </span>
      {view.hidden > 0 && (
        <span>
          {view.hidden.toLocaleString()} cleared{' '}
          <button type="button" class="link" onClick={() => feed.undoClear()}>
            undo
          </button>
          {' · '}
          <button type="button" class="link" onClick={remove}>
            delete from disk
          </button>
        </span>
      )}
      <span class="hints" aria-hidden="true">
        <kbd>j</kbd> <kbd>k</kbd> move · <kbd>Enter</kbd> open · <kbd>Esc</kbd> back
      </span>
    </footer>
  );
}

/** The filter looks at the rows of the page; the store may hold more. */
export function Nothing({ loaded }: { loaded: number }) {
  const text = loaded === 0 ? 'New events show here.' : `None of the last ${loaded.toLocaleString()} events matches.`;
  return <p class="nothing">{text}</p>;
}

/** How often screen readers hear of new events: each row would be too much. */
const SUMMARY_EVERY = 5_000;

/** Says how many events arrived, for those who do not see them. */
export function Arrivals({ newestId }: { newestId: number }) {
  const [text, setText] = useState('');
  const newest = useRef(newestId);
  newest.current = newestId;
  useEffect(() => {
    let said = newest.current;
    const timer = setInterval(() => {
      const arrived = newest.current - said;
      said = newest.current;
      setText(arrived > 0 ? `${arrived} new events` : '');
    }, SUMMARY_EVERY);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="visually-hidden" aria-live="polite">
      {text}
    </p>
  );
}
