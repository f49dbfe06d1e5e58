// What the page shows before the first event: how to send it.

import { useId, useRef, useState } from 'preact/hooks';
import { CopyButton } from './detail';

const TOKEN = 'phc_dev';

/** Complete examples, ready to be pasted. */
export function examples(origin: string): Record<string, string> {
  return {
    curl: `curl ${origin}/capture/ -d '{"api_key": "${TOKEN}", "event": "hello", "distinct_id": "me"}'`,
    Django: `# settings.py
import posthog

posthog.api_key = "${TOKEN}"
posthog.host = "${origin}"

# after the session and authentication middleware
MIDDLEWARE += ["posthog.integrations.django.PosthogContextMiddleware"]`,
    Python: `from posthog import Posthog

posthog = Posthog("${TOKEN}", host="${origin}")
posthog.capture("hello", distinct_id="me")
posthog.flush()`,
    Browser: `import posthog from 'posthog-js'

posthog.init('${TOKEN}', {
  api_host: '${origin}',
  defaults: '2026-01-30',
  tracing_headers: [location.hostname],
})`,
    Node: `import { PostHog } from 'posthog-node'

const posthog = new PostHog('${TOKEN}', { host: '${origin}' })
posthog.capture({ distinctId: 'me', event: 'hello' })
await posthog.shutdown()`,
  };
}

export function EmptyState() {
  const all = examples(location.origin);
  const [chosen, choose] = useState('curl');
  const code = all[chosen] ?? '';
  const id = useId();
  const names = Object.keys(all);
  const tabs = useRef<HTMLDivElement>(null);
  const turn = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    const next = (names.indexOf(chosen) + step + names.length) % names.length;
    choose(names[next] ?? chosen);
    tabs.current?.querySelectorAll('button')[next]?.focus();
  };
  return (
    <div class="empty">
      <h2>
        <i class="pulse" /> Listening on {location.host}
      </h2>
      <p>Nothing has arrived yet. Point a PostHog client here; any project token will do.</p>
      <div class="tabs" role="tablist" aria-label="Examples" ref={tabs} onKeyDown={turn}>
        {names.map((name) => (
          <button
            type="button"
            role="tab"
            key={name}
            id={`${id}-${name}`}
            aria-selected={name === chosen}
            aria-controls={id}
            tabIndex={name === chosen ? 0 : -1}
            onClick={() => choose(name)}
          >
            {name}
          </button>
        ))}
      </div>
      <div class="example" role="tabpanel" id={id} aria-labelledby={`${id}-${chosen}`}>
        <pre>{code}</pre>
        <CopyButton text={code} label="Copy" />
      </div>
      <p class="quiet">The event shows here as soon as it is sent. The same events are at /api/events as JSON.</p>
    </div>
  );
}
