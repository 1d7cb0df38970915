import { Html } from '@kitajs/html';
import type { CountingState } from '../../src/web/admin/counting.ts';
import type { Chrome } from './chrome.ts';

/** Whether views reach their counters, in a line. Announced when it changes. */
export function CountingLine(props: { chrome: Chrome; state: CountingState; hasLink: boolean }): JSX.Element {
  const { m } = props.chrome;
  const { title, text } = m.system.states[props.state];
  return (
    <div class={`counting counting-${props.state}`}>
      <p role="status">
        <span class="counting-name" safe>{`${m.dashboard.counting}:`}</span> <strong safe>{title}</strong>
        <span class="soft" safe>{` ${text}`}</span>
      </p>
      {props.hasLink ? (
        <a href="/admin/system/" safe>
          {m.dashboard.toSystem}
        </a>
      ) : (
        ''
      )}
    </div>
  );
}
