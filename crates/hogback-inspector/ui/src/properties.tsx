// Properties as a table. Long values are cut for the eye only; the whole is one click away.

import { useState } from 'preact/hooks';
import { visible } from './format';
import { Digits, pretty } from './json';

/** Characters of one value before "show all". */
const LONGEST_VALUE = 2_000;

/** Rows of one table before "show all". */
const MOST_ROWS = 200;

type Entry = [string, unknown];

interface Props {
  title: string;
  entries: Entry[];
  open: boolean;
}

export function Properties({ title, entries, open }: Props) {
  const [all, setAll] = useState(false);
  if (entries.length === 0) return null;
  const shown = all ? entries : entries.slice(0, MOST_ROWS);
  return (
    <details class="section" open={open}>
      <summary>
        {title} <span class="count">{entries.length}</span>
      </summary>
      <table class="properties">
        <tbody>
          {shown.map(([key, value]) => (
            <tr key={key}>
              <th scope="row">{visible(key)}</th>
              <td>
                <Value value={value} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < entries.length && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          show all {entries.length}
        </button>
      )}
    </details>
  );
}

function Value({ value }: { value: unknown }) {
  if (typeof value === 'string') return <Text text={value} kind="text" />;
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || value instanceof Digits) {
    return <span class="value literal">{pretty(value)}</span>;
  }
  return <Text text={pretty(value)} kind="nested" />;
}

function Text({ text, kind }: { text: string; kind: string }) {
  const [all, setAll] = useState(false);
  if (text === '') return <span class="value literal">""</span>;
  const isCut = !all && text.length > LONGEST_VALUE;
  return (
    <>
      <span class={`value ${kind}`}>
        {visible(isCut ? text.slice(0, LONGEST_VALUE) : text)}
        {kind === 'text' && <Link text={text} />}
      </span>
      {isCut && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          … show all {text.length.toLocaleString()} characters
        </button>
      )}
    </>
  );
}

/** Only addresses of the web become links, and never without being shown in full. */
function Link({ text }: { text: string }) {
  if (text.length > 500 || !/^https?:\/\/\S+$/.test(text)) return null;
  return (
    <a class="out" href={text} target="_blank" rel="noopener noreferrer" aria-label="open this address">
      ↗
    </a>
  );
}
