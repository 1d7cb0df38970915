import { Html } from '@kitajs/html';
import type { Decision } from '../../src/web/admin/decisions.ts';
import type { Chrome } from './chrome.ts';

/** Leads to the page that asks again. Says which label it means to those who cannot see where it stands. */
export function DecisionLink(props: { chrome: Chrome; decision: Decision; label?: string }): JSX.Element {
  const { chrome, decision, label = '' } = props;
  const { button } = chrome.m.system.acts[decision];
  const query = label === '' ? '' : `?label=${encodeURIComponent(label)}`;
  return (
    <a class="button button-small" href={`/admin/system/${decision.replace('_', '-')}/${query}`}>
      <span safe>{button}</span>
      {label === '' ? (
        ''
      ) : (
        <span class="visually-hidden" safe>
          {` ${label}`}
        </span>
      )}
    </a>
  );
}
