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

/** Writes what `parse` read, indented. */
export function pretty(value: unknown, indent = ''): string {
  if (value instanceof Digits) return value.text;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => inner + pretty(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (isObject(value)) {
    const members = Object.entries(value);
    if (members.length === 0) return '{}';
    const lines = members.map(([key, item]) => `${inner}${JSON.stringify(key)}: ${pretty(item, inner)}`);
    return `{\n${lines.join(',\n')}\n${indent}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Digits);
}
