// The live page: filter, list, open event, and the keys that move between them.

import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Detail } from './detail';
import { EmptyState } from './empty';
import { Arrivals, Footer, Nothing } from './foot';
import { Feed, type View } from './feed';
import { matcher } from './filter';
import { Logo } from './icons';
import { useKeys } from './keys';
import { EventList } from './list';
import { useOpenEvent } from './route';
import type { Row } from './types';

const NOTHING: View = { rows: [], waiting: 0, paused: false, hidden: 0, connection: 'connecting' };

function useFeed(): [Feed, View] {
  const [feed] = useState(() => new Feed());
  const [view, setView] = useState(NOTHING);
  useEffect(() => {
    feed.watch(setView);
    const follow = () => (document.hidden ? feed.disconnect() : feed.connect());
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      document.removeEventListener('visibilitychange', follow);
      feed.disconnect();
    };
  }, []);
  return [feed, view];
}

export function App() {
  const [feed, view] = useFeed();
  const [filter, setFilter] = useFilter();
  const [uuid, open] = useOpenEvent();
  const [cursor, setCursor] = useState<number | null>(null);
  const box = useRef<HTMLInputElement>(null);
  const rows = useMemo(() => view.rows.filter(matcher(filter)), [view.rows, filter]);
  const selectedId = rows.find((row) => row.uuid === uuid)?.id ?? cursor;
  const show = useCallback((row: Row) => {
    setCursor(row.id);
    open(row.uuid);
  }, []);
  const close = () => open(null);
  const move = (step: number) => {
    const at = rows.findIndex((row) => row.id === selectedId);
    const next = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))];
    if (next === undefined) return;
    setCursor(next.id);
    if (uuid !== null) open(next.uuid);
  };
  const openSelected = () => {
    const row = rows.find((candidate) => candidate.id === selectedId) ?? rows[0];
    if (row !== undefined) show(row);
  };
  const escape = () => {
    if (document.activeElement === box.current) box.current?.blur();
    else if (uuid !== null) close();
    else setFilter('');
  };
  const pause = () => feed.setPaused(!view.paused);
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: openSelected,
    Escape: escape,
    '/': () => box.current?.select(),
    p: pause,
    c: () => feed.clear(),
  });
  const isEmpty = view.rows.length === 0 && view.hidden === 0 && !view.paused;
  return (
    <div class={`page${uuid === null ? '' : ' with-detail'}`}>
      <header class="top">
        <h1>
          <a class="brand" href="/">
            <Logo /> hogback
          </a>
        </h1>
        <Status view={view} />
        <label class="filter">
          <span class="visually-hidden">Filter by name, distinct id or session id</span>
          <input
            ref={box}
            type="search"
            placeholder="Filter by name, distinct id or session id"
            value={filter}
            spellcheck={false}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
          <kbd>/</kbd>
        </label>
        <button type="button" class="plain" aria-pressed={view.paused} onClick={pause}>
          {view.paused ? `Go on${view.waiting > 0 ? ` (${view.waiting})` : ''}` : 'Pause'} <kbd>p</kbd>
        </button>
        <button type="button" class="plain" onClick={() => feed.clear()}>
          Clear <kbd>c</kbd>
        </button>
      </header>
      <main class="main">
        {isEmpty ? (
          <EmptyState />
        ) : (
          <section class="events">
            <Columns />
            <EventList rows={rows} selectedId={selectedId} onOpen={show} />
            {rows.length === 0 && <Nothing loaded={view.rows.length} />}
            <Footer view={view} shown={rows.length} feed={feed} />
          </section>
        )}
        <Arrivals newestId={view.rows[0]?.id ?? 0} />
        {uuid !== null && <Detail uuid={uuid} onClose={close} onFilter={setFilter} />}
      </main>
    </div>
  );
}

/** The filter, kept in the address. */
function useFilter(): [string, (text: string) => void] {
  const [filter, setFilter] = useState(() => new URLSearchParams(location.search).get('q') ?? '');
  const change = (text: string) => {
    setFilter(text);
    const query = text === '' ? '' : `?q=${encodeURIComponent(text)}`;
    history.replaceState(null, '', `${location.pathname}${query}`);
  };
  return [filter, change];
}

function Status({ view }: { view: View }) {
  const state = view.paused ? 'paused' : view.connection;
  const words = { live: 'live', paused: 'paused', connecting: 'connecting', lost: 'server gone, trying again' };
  return (
    <span class={`status ${state}`} role="status">
      <i class="light" /> {words[state]}
    </span>
  );
}

function Columns() {
  return (
    <div class="columns" aria-hidden="true">
      <span>time</span>
      <span />
      <span>event</span>
      <span>about</span>
      <span>distinct id</span>
      <span>session</span>
    </div>
  );
}
