// The rows on the page: what the server streams, in the order of arrival, newest first.

import type { Row } from './types';

/** As many rows as the page holds; older ones stay in the store. */
const MOST_ROWS = 10_000;

/** Rows that a fresh page begins with. */
const REPLAY = 1_000;

export type Connection = 'connecting' | 'live' | 'lost';

export interface View {
  /** The rows to show, newest first. */
  rows: readonly Row[];
  /** How many arrived since the view was paused. */
  waiting: number;
  paused: boolean;
  /** How many are hidden because they came before the last clear. */
  hidden: number;
  connection: Connection;
}

export class Feed {
  private all: Row[] = [];
  private shown: readonly Row[] = [];
  private frozen: readonly Row[] | null = null;
  private waiting = 0;
  private clearedTo = 0;
  private lastId: number | null = null;
  private connection: Connection = 'connecting';
  private source: EventSource | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private listener: (view: View) => void = () => {};

  /** Calls back with every new view. */
  watch(listener: (view: View) => void): void {
    this.listener = listener;
    this.tell();
  }

  /** Browsers allow few connections to one server, so a hidden tab gives its own up and catches up later. */
  connect(): void {
    if (this.source !== null) return;
    const start = this.lastId === null ? `replay=${REPLAY}` : `after=${this.lastId}`;
    const source = new EventSource(`/api/stream?${start}`);
    source.onopen = () => this.become('live');
    source.onerror = () => {
      this.become('lost');
      // The browser tries again by itself, except after an answer that was no stream.
      if (source.readyState === EventSource.CLOSED) this.tryAgainLater();
    };
    source.onmessage = (message: MessageEvent<string>) => this.add(JSON.parse(message.data) as Row[]);
    source.addEventListener('gap', () => this.reset());
    source.addEventListener('cleared', () => this.reset());
    this.source = source;
  }

  disconnect(): void {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  /** Adds rows that arrived, oldest first. */
  add(rows: Row[]): void {
    const known = this.lastId ?? 0;
    const fresh = rows.filter((row) => row.id > known);
    const last = fresh.at(-1);
    if (last === undefined) return;
    this.lastId = last.id;
    this.all = fresh.reverse().concat(this.all).slice(0, MOST_ROWS);
    if (this.frozen !== null) this.waiting += fresh.length;
    this.show();
  }

  /** Freezes the view, or lets it go on with all that came meanwhile. */
  setPaused(paused: boolean): void {
    this.frozen = paused ? this.shown : null;
    this.waiting = 0;
    this.show();
  }

  /** Hides every row there is now. */
  clear(): void {
    this.clearedTo = this.lastId ?? 0;
    if (this.frozen !== null) this.frozen = [];
    this.waiting = 0;
    this.show();
  }

  /** Shows again what was hidden. */
  undoClear(): void {
    this.clearedTo = 0;
    this.frozen = null;
    this.show();
  }

  private reset(): void {
    this.all = [];
    this.lastId = 0;
    this.clearedTo = 0;
    if (this.frozen !== null) this.frozen = [];
    this.waiting = 0;
    this.show();
  }

  private show(): void {
    this.shown = this.frozen ?? this.all.filter((row) => row.id > this.clearedTo);
    this.tell();
  }

  private become(connection: Connection): void {
    this.connection = connection;
    this.tell();
  }

  private tryAgainLater(): void {
    this.disconnect();
    this.retry = setTimeout(() => this.connect(), 2_000);
  }

  private tell(): void {
    this.listener({
      rows: this.shown,
      waiting: this.waiting,
      paused: this.frozen !== null,
      hidden: this.clearedTo === 0 ? 0 : this.all.filter((row) => row.id <= this.clearedTo).length,
      connection: this.connection,
    });
  }
}
