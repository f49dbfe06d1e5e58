// JSON that keeps numbers as they were sent: an inspector must not show 1.5 for 1.50, nor round a long id.

/** A number whose own text differs from what JavaScript would write for it. */
export class Digits {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

interface Source {
  source?: string;
}

type Reviver = (this: unknown, key: string, value: unknown, context?: Source) => unknown;

export function parse(text: string): unknown {
  const keepDigits: Reviver = (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined && context.source !== String(value)
      ? new Digits(context.source)
      : value;
  return JSON.parse(text, keepDigits);
}

/** Lists and objects that fit are written on one line. */
const LINE = 76;

/** Writes what `parse` read, for people: indented where a line would be too long. */
export function pretty(value: unknown, indent = ''): string {
  const line = oneLine(value, LINE - indent.length);
  if (line !== null) return line;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((item) => inner + pretty(item, inner)).join(',\n')}\n${indent}]`;
  }
  const members = isObject(value) ? Object.entries(value) : [];
  const lines = members.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${pretty(item, inner)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

/** The value on one line; `null` for a list or an object that needs more than `room` characters. */
function oneLine(value: unknown, room: number): string | null {
  if (value instanceof Digits) return value.text;
  if (!Array.isArray(value) && !isObject(value)) return JSON.stringify(value) ?? 'null';
  const isList = Array.isArray(value);
  let text = '';
  for (const [key, item] of Object.entries(value)) {
    const rest = oneLine(item, room - text.length);
    if (rest === null) return null;
    text += `${text === '' ? '' : ', '}${isList ? '' : `${JSON.stringify(key)}: `}${rest}`;
    if (text.length > room) return null;
  }
  if (isList) return `[${text}]`;
  return text === '' ? '{}' : `{ ${text} }`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Digits);
}
