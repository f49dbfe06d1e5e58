// Requests to the server this page came from.

import { isObject, parse } from './json';
import type { StoredEvent } from './types';

/** One event, `null` when the store does not have it. */
export async function fetchEvent(uuid: string, signal: AbortSignal): Promise<StoredEvent | null> {
  const response = await fetch(`/api/events/${encodeURIComponent(uuid)}`, { signal });
  const body = parse(await response.text());
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(isObject(body) ? String(body['error']) : response.statusText);
  return body as StoredEvent;
}

/** Deletes every event from the store. */
export async function deleteAll(): Promise<void> {
  const response = await fetch('/api/events', { method: 'DELETE', headers: { 'X-Hogback': '1' } });
  if (!response.ok) throw new Error(response.statusText);
}
