// How moments and ids are written.

const time = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hour12: false,
});
const dayAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/** The time of day, to the millisecond. */
export function clockTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : time.format(date);
}

/** Date and time of day. */
export function fullTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : `${dayAndTime.format(date)}, ${time.format(date)}`;
}

/** How far two moments are apart, `null` when it is not worth a word. */
export function difference(from: string, to: string): string | null {
  const milliseconds = new Date(to).getTime() - new Date(from).getTime();
  if (Number.isNaN(milliseconds) || Math.abs(milliseconds) < 1_000) return null;
  const size = Math.abs(milliseconds);
  const sign = milliseconds < 0 ? '−' : '+';
  if (size < 60_000) return `${sign}${(size / 1_000).toFixed(1)} s`;
  if (size < 5_400_000) return `${sign}${Math.round(size / 60_000)} min`;
  if (size < 172_800_000) return `${sign}${Math.round(size / 3_600_000)} h`;
  return `${sign}${Math.round(size / 86_400_000)} days`;
}

/** The end of an id: uuids of one hour begin alike. */
export function shortId(id: string): string {
  return id.length > 12 ? `…${id.slice(-6)}` : id;
}

/** One of eight colours for an id, always the same. */
export function hue(id: string): number {
  let hash = 0;
  for (let index = 0; index < id.length; index += 1) hash = (hash * 31 + id.charCodeAt(index)) >>> 0;
  return hash % 8;
}

/** Characters that would turn the direction of the text around them, or not show at all. */
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text of others with its invisible commands made visible. */
export function visible(text: string): string {
  return text.replace(STEERING, '\ufffd');
}
