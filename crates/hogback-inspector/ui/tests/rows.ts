import type { Row } from '../src/types';

/** A row with everything a test does not care about filled in. */
export function row(id: number, parts: Partial<Row> = {}): Row {
  return {
    id,
    uuid: `00000000-0000-7000-8000-${String(id).padStart(12, '0')}`,
    event: `event ${id}`,
    distinct_id: 'user-1',
    session_id: 'session-1',
    timestamp: '2026-03-01T12:00:00.000000Z',
    received: '2026-03-01T12:00:00.000000Z',
    lib: 'web',
    side: 'browser',
    title: '',
    sends: 1,
    ...parts,
  };
}
