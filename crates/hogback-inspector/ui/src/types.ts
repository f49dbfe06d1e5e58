// What the API gives, in its own words.

export type Side = 'browser' | 'server' | 'other';

/** What a list shows of an event. */
export interface Row {
  id: number;
  uuid: string;
  event: string;
  distinct_id: string;
  session_id: string | null;
  timestamp: string;
  received: string;
  lib: string;
  side: Side;
  title: string;
  sends: number;
}

/** A whole event. */
export interface StoredEvent extends Row {
  sent_timestamp: string | null;
  token: string;
  properties: Record<string, unknown>;
}
