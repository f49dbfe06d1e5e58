// Which event is open, kept in the address so that it can be shared, reloaded and gone back from.

import { useCallback, useEffect, useState } from 'preact/hooks';

const PATTERN = /^\/events\/([0-9a-fA-F-]+)$/;

function openEvent(): string | null {
  return PATTERN.exec(location.pathname)?.[1] ?? null;
}

export type Open = (uuid: string | null) => void;

/** The uuid of the open event, and a way to open another. */
export function useOpenEvent(): [string | null, Open] {
  const [uuid, setUuid] = useState(openEvent);
  useEffect(() => {
    const follow = () => setUuid(openEvent());
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const open = useCallback((next: string | null) => {
    const before = openEvent();
    if (next === before) return;
    const path = (next === null ? '/' : `/events/${next}`) + location.search;
    // Moving from event to event is one step for the back button.
    if (before !== null && next !== null) history.replaceState(null, '', path);
    else history.pushState(null, '', path);
    setUuid(next);
  }, []);
  return [uuid, open];
}
