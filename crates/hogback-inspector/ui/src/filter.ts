// The filter box: every word must be found in the name, the distinct id or the session id of an event.

import type { Row } from './types';

export function matcher(text: string): (row: Row) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return () => true;
  return (row) => {
    const fields = [row.event, row.distinct_id, row.session_id ?? ''].map((field) => field.toLowerCase());
    return words.every((word) => fields.some((field) => field.includes(word)));
  };
}
