// The open event.

import { useEffect, useState } from 'preact/hooks';
import { fetchEvent } from './api';
import { readExceptions } from './exception';
import { difference, fullTime, hue, visible } from './format';
import { SideIcon, sideName } from './icons';
import { pretty } from './json';
import { Properties } from './properties';
import { ExceptionChain } from './stack';
import type { StoredEvent } from './types';

type Loaded = { kind: 'loading' } | { kind: 'missing' } | { kind: 'failed'; reason: string } | { kind: 'event'; event: StoredEvent };

interface Props {
  uuid: string;
  onClose: () => void;
  onFilter: (text: string) => void;
}

export function Detail({ uuid, onClose, onFilter }: Props) {
  const loaded = useEvent(uuid);
  return (
    <aside class="detail" aria-label="Event">
      {loaded.kind === 'event' ? (
        <EventDetail event={loaded.event} onClose={onClose} onFilter={onFilter} />
      ) : (
        <>
          <Head title="" onClose={onClose} />
          <p class="quiet">{note(loaded)}</p>
        </>
      )}
    </aside>
  );
}

function note(loaded: Loaded): string {
  if (loaded.kind === 'missing') return 'This event is not in the store; it may have been deleted.';
  return loaded.kind === 'failed' ? `The event could not be read: ${loaded.reason}` : '';
}

/** Keeps showing the last event while the next one loads, so that moving through the list does not flicker. */
function useEvent(uuid: string): Loaded {
  const [loaded, setLoaded] = useState<Loaded>({ kind: 'loading' });
  useEffect(() => {
    const leaving = new AbortController();
    fetchEvent(uuid, leaving.signal)
      .then((event) => setLoaded(event === null ? { kind: 'missing' } : { kind: 'event', event }))
      .catch((error: unknown) => {
        if (!leaving.signal.aborted) setLoaded({ kind: 'failed', reason: String(error) });
      });
    return () => leaving.abort();
  }, [uuid]);
  return loaded;
}

function Head({ title, onClose, copy }: { title: string; onClose: () => void; copy?: string }) {
  return (
    <header class="detail-head">
      <h2 title={title}>{visible(title)}</h2>
      {copy !== undefined && <CopyButton text={copy} label="Copy JSON" />}
      <button type="button" class="plain" onClick={onClose} aria-label="Close" title="Close (Esc)">
        ✕
      </button>
    </header>
  );
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1_500);
    });
  };
  return (
    <button type="button" class="plain" onClick={copy}>
      {copied ? 'Copied' : label}
    </button>
  );
}

/** posthog-js writes these into the properties instead of beside them. */
const REPEATED = new Set(['distinct_id', 'token']);

function EventDetail({ event, onClose, onFilter }: { event: StoredEvent } & Omit<Props, 'uuid'>) {
  const exceptions = readExceptions(event.properties['$exception_list']);
  const entries = Object.entries(event.properties).filter(([key]) => exceptions.length === 0 || key !== '$exception_list');
  const isAutomatic = ([key]: [string, unknown]) => key.startsWith('$') || REPEATED.has(key);
  const own = entries.filter((entry) => !isAutomatic(entry));
  const automatic = entries.filter(isAutomatic);
  return (
    <>
      <Head title={event.event} onClose={onClose} copy={pretty(event)} />
      <div class="detail-body" key={event.uuid}>
        <Facts event={event} onFilter={onFilter} />
        {exceptions.length > 0 && <ExceptionChain exceptions={exceptions} />}
        <Properties title="Properties" entries={own} open />
        <Properties title="Set by the library" entries={automatic} open={exceptions.length === 0} />
        <details class="section">
          <summary>Raw JSON</summary>
          <pre class="raw">{visible(pretty(event))}</pre>
        </details>
      </div>
    </>
  );
}

function Facts({ event, onFilter }: { event: StoredEvent; onFilter: (text: string) => void }) {
  const version = event.properties['$lib_version'];
  const clock = event.sent_timestamp === null ? null : difference(event.timestamp, event.sent_timestamp);
  const late = difference(event.timestamp, event.received);
  return (
    <dl class="facts">
      <dt>when</dt>
      <dd>
        {fullTime(event.timestamp)}
        {late !== null && <span class="note">arrived {late}</span>}
        {clock !== null && <span class="note">client’s clock {clock}</span>}
      </dd>
      <dt>who</dt>
      <dd>
        <button type="button" class="link mono" onClick={() => onFilter(event.distinct_id)} title="Show only this distinct id">
          {visible(event.distinct_id)}
        </button>
      </dd>
      {event.session_id !== null && (
        <>
          <dt>session</dt>
          <dd>
            <i class={`dot hue-${hue(event.session_id)}`} />
            <button type="button" class="link mono" onClick={() => onFilter(event.session_id ?? '')} title="Show only this session">
              {visible(event.session_id)}
            </button>
          </dd>
        </>
      )}
      <dt>from</dt>
      <dd>
        <SideIcon side={event.side} /> {sideName(event.side)}
        {event.lib !== '' && <span class="note">{`${event.lib} ${typeof version === 'string' ? version : ''}`}</span>}
        {event.sends > 1 && <span class="note warn">sent {event.sends} times</span>}
      </dd>
    </dl>
  );
}
