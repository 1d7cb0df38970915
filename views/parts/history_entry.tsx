import { Html } from '@kitajs/html';
import type { Chrome } from './chrome.ts';
import { type FieldChange, FieldChanges } from './field_change.tsx';

/** An entry of history as it is shown. What the reader may not know is left out of it. */
export interface ShownEntry {
  readonly entry: number;
  readonly at: Date;
  readonly action: string;
  readonly isRemoval: boolean;
  /** What it is about, and the history of that; undefined where the screen is about it alone. */
  readonly object: { readonly kind: string; readonly title: string; readonly href: string } | undefined;
  /** A title without an object: what was asked for, or the names of files. */
  readonly title: string;
  readonly actor: { readonly name: string; readonly href: string | undefined };
  readonly via: string;
  readonly address: string | undefined;
  readonly changes: readonly FieldChange[];
  /** Where this version can be restored. */
  readonly restore: string | undefined;
}

/** Entries, newest first. */
export function HistoryEntries({ chrome, entries }: { chrome: Chrome; entries: readonly ShownEntry[] }): JSX.Element {
  return (
    <ol class="history">
      {entries.map((entry) => (
        <li id={`entry-${entry.entry}`}>
          <Heading chrome={chrome} entry={entry} />
          <FieldChanges m={chrome.m} changes={entry.changes} />
          <RestoreLink chrome={chrome} entry={entry} />
        </li>
      ))}
    </ol>
  );
}

function Heading({ chrome, entry }: { chrome: Chrome; entry: ShownEntry }): JSX.Element {
  const { m } = chrome;
  const { object, actor } = entry;
  return (
    <header>
      <p class="history-what">
        <span class={entry.isRemoval ? 'badge badge-danger' : 'badge'} safe>
          {entry.action}
        </span>{' '}
        {object === undefined ? <span safe>{entry.title}</span> : <ObjectName object={object} />}
      </p>
      <p class="history-who">
        <time datetime={entry.at.toISOString()} safe>
          {m.time(entry.at)}
        </time>{' '}
        <span safe>{m.history.by}</span> <ActorName actor={actor} /> <span safe>{entry.via}</span>
        {entry.address === undefined ? '' : <span safe>{` ${m.history.from(entry.address)}`}</span>}
      </p>
    </header>
  );
}

function ObjectName({ object: { kind, title, href } }: { object: NonNullable<ShownEntry['object']> }): JSX.Element {
  return (
    <>
      <a href={Html.escapeHtml(href)} safe>
        {title}
      </a>{' '}
      <span class="soft" safe>
        {kind}
      </span>
    </>
  );
}

function ActorName({ actor: { name, href } }: { actor: ShownEntry['actor'] }): JSX.Element {
  if (href === undefined) return <strong safe>{name}</strong>;
  return (
    <a href={Html.escapeHtml(href)} safe>
      {name}
    </a>
  );
}

function RestoreLink({ chrome, entry }: { chrome: Chrome; entry: ShownEntry }): JSX.Element {
  const { restore } = chrome.m.history;
  if (entry.restore === undefined) return '';
  return (
    <p>
      <a class="button" href={Html.escapeHtml(entry.restore)} safe>
        {entry.isRemoval ? restore.offerDeleted : restore.offer}
      </a>
    </p>
  );
}
