// Reads `$exception_list` as it came: any field may be missing or of another type.

import { visible } from './format';
import { Digits, isObject } from './json';

export interface SourceLine {
  number: number | null;
  text: string;
  crash: boolean;
}

export interface Frame {
  title: string;
  place: string;
  inApp: boolean;
  source: SourceLine[];
  variables: [string, unknown][];
}

export interface Exception {
  type: string;
  value: string;
  /** How it hangs together with the one before it, in words. */
  relation: string | null;
  handled: boolean | null;
  mechanism: string | null;
  /** The crash first. */
  frames: Frame[];
}

const RELATIONS: Record<string, string> = {
  cause: 'caused by',
  context: 'while handling',
  member: 'member of the group',
};

function text(value: unknown): string {
  if (typeof value === 'string') return visible(value);
  if (typeof value === 'number') return String(value);
  return value instanceof Digits ? value.text : '';
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function readExceptions(value: unknown): Exception[] {
  return list(value).filter(isObject).map(readException);
}

function readException(raw: Record<string, unknown>, index: number): Exception {
  const mechanism = isObject(raw['mechanism']) ? raw['mechanism'] : {};
  const stack = isObject(raw['stacktrace']) ? raw['stacktrace'] : {};
  const module = text(raw['module']);
  const type = text(raw['type']);
  return {
    type: module !== '' && module !== 'builtins' ? `${module}.${type}` : type,
    value: text(raw['value']),
    relation: index === 0 ? null : (RELATIONS[text(mechanism['source'])] ?? 'followed by'),
    handled: typeof mechanism['handled'] === 'boolean' ? mechanism['handled'] : null,
    mechanism: index === 0 ? text(mechanism['type']) || null : null,
    frames: list(stack['frames']).filter(isObject).map(readFrame).reverse(),
  };
}

function readFrame(raw: Record<string, unknown>): Frame {
  const line = text(raw['lineno']);
  const column = text(raw['colno']);
  const file = text(raw['filename']) || text(raw['abs_path']) || text(raw['module']) || '<unknown>';
  return {
    title: text(raw['function']) || '<unknown>',
    place: [file, line, column].filter((part) => part !== '').join(':'),
    inApp: raw['in_app'] === true,
    source: readSource(raw, Number.parseInt(line, 10)),
    variables: isObject(raw['code_variables']) ? Object.entries(raw['code_variables']) : [],
  };
}

function readSource(raw: Record<string, unknown>, line: number): SourceLine[] {
  if (typeof raw['context_line'] !== 'string') return [];
  const before = list(raw['pre_context']).map(text);
  const all = [...before, visible(raw['context_line']), ...list(raw['post_context']).map(text)];
  return all.map((content, index) => ({
    number: Number.isNaN(line) ? null : line - before.length + index,
    text: content,
    crash: index === before.length,
  }));
}

/** Frames in the order shown: each of the user's own alone, those of libraries gathered. */
export function groupFrames(frames: Frame[]): Frame[][] {
  const groups: Frame[][] = [];
  frames.forEach((frame, index) => {
    const last = groups.at(-1);
    // The crash stands alone, wherever it happened.
    const joins = index > 1 && !frame.inApp && last?.[0]?.inApp === false;
    if (joins) last?.push(frame);
    else groups.push([frame]);
  });
  return groups;
}
