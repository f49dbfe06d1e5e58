// The chain of exceptions with their frames, the crash first.

import { type Exception, type Frame, groupFrames } from './exception';
import { pretty } from './json';

export function ExceptionChain({ exceptions }: { exceptions: Exception[] }) {
  return (
    <section class="chain" aria-label="Exceptions">
      {exceptions.map((exception, index) => (
        <OneException key={index} exception={exception} />
      ))}
    </section>
  );
}

function OneException({ exception }: { exception: Exception }) {
  const { frames } = exception;
  return (
    <article class="exception-card">
      {exception.relation !== null && <p class="relation">{exception.relation}</p>}
      <h3>
        <span class="exception-type">{exception.type || 'Exception'}</span>
        {exception.handled !== null && (
          <span class={`tag ${exception.handled ? '' : 'tag-bad'}`}>{exception.handled ? 'handled' : 'unhandled'}</span>
        )}
        {exception.mechanism !== null && <span class="tag">{exception.mechanism}</span>}
      </h3>
      {exception.value !== '' && <p class="exception-value">{exception.value}</p>}
      {frames.length === 0 && <p class="quiet">No stack was sent with it.</p>}
      {groupFrames(frames).map((group, index) => (
        <FrameGroup key={index} frames={group} isCrash={index === 0} />
      ))}
    </article>
  );
}

function FrameGroup({ frames, isCrash }: { frames: Frame[]; isCrash: boolean }) {
  const [only] = frames;
  if (only !== undefined && frames.length === 1) return <OneFrame frame={only} open={isCrash || only.inApp} />;
  return (
    <details class="library">
      <summary>{frames.length} library frames</summary>
      {frames.map((frame, index) => (
        <OneFrame key={index} frame={frame} open={false} />
      ))}
    </details>
  );
}

function OneFrame({ frame, open }: { frame: Frame; open: boolean }) {
  const heading = (
    <>
      <span class="frame-title">{frame.title}</span>
      <span class="frame-place">{frame.place}</span>
      {frame.inApp && <span class="tag tag-app">app</span>}
    </>
  );
  if (frame.source.length === 0 && frame.variables.length === 0) {
    return <div class={`frame bare${frame.inApp ? ' in-app' : ''}`}>{heading}</div>;
  }
  return (
    <details class={`frame${frame.inApp ? ' in-app' : ''}`} open={open}>
      <summary>{heading}</summary>
      <Source frame={frame} />
      {frame.variables.length > 0 && (
        <dl class="variables">
          {frame.variables.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{pretty(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </details>
  );
}

function Source({ frame }: { frame: Frame }) {
  if (frame.source.length === 0) return null;
  return (
    <ol class="source" tabIndex={0} aria-label="Source lines">
      {frame.source.map((line, index) => (
        <li key={index} class={line.crash ? 'crash' : ''} aria-current={line.crash ? 'true' : undefined}>
          <span class="line-number">{line.number ?? ''}</span>
          <code>{line.text === '' ? ' ' : line.text}</code>
        </li>
      ))}
    </ol>
  );
}
