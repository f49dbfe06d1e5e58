// Small drawings. Each stands beside a word or carries one for screen readers.

import type { Side } from './types';

const NAMES: Record<Side, string> = { browser: 'browser', server: 'server', other: 'other' };

export function sideName(side: Side): string {
  return NAMES[side];
}

export function SideIcon({ side }: { side: Side }) {
  return (
    <svg class={`side-icon ${side}`} viewBox="0 0 16 16" role="img" aria-label={NAMES[side]}>
      <title>{NAMES[side]}</title>
      {side === 'browser' && <path d="M2.500 3.500h11v9h-11zM2.500 6.500h11M4.500 5h.01M6.500 5h.01" />}
      {side === 'server' && <path d="M3 3h10v4H3zM3 9h10v4H3zM5.500 5h.01M5.500 11h.01" />}
      {side === 'other' && <path d="M8 3.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9z" />}
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 24 16" aria-hidden="true">
      <path d="M1 15 8.500 3l4 5.500L16 2l7 13Z" />
    </svg>
  );
}
