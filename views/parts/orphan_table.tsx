import { Html } from '@kitajs/html';
import type { OrphanSum } from '../../src/store/orphans.ts';
import type { Chrome } from './chrome.ts';
import { DecisionLink } from './decision_link.tsx';

/** Views that were accepted and no counter took, by content model and reason, and what can be done with them. */
export function OrphanTable({ chrome, orphans }: { chrome: Chrome; orphans: readonly OrphanSum[] }): JSX.Element {
  const { m } = chrome;
  const { system } = m;
  const byLabel = Map.groupBy(orphans, ({ label }) => label);
  return (
    <section aria-labelledby="orphans">
      <h2 id="orphans" safe>
        {system.orphans}
      </h2>
      <p class="soft" safe>
        {orphans.length === 0 ? system.orphansNone : system.orphansHelp}
      </p>
      {orphans.length === 0 ? (
        ''
      ) : (
        <section class="table-scroll" tabindex="0" aria-labelledby="orphans">
          <table class="table">
            <thead>
              <tr>
                <th scope="col" safe>
                  {system.label}
                </th>
                <th scope="col" safe>
                  {system.reason}
                </th>
                <th scope="col" class="number" safe>
                  {system.contents}
                </th>
                <th scope="col" class="number" safe>
                  {system.views}
                </th>
              </tr>
            </thead>
            {[...byLabel].map(([label, sums]) => (
              <OrphansOfLabel chrome={chrome} label={label} sums={sums} />
            ))}
          </table>
        </section>
      )}
      {byLabel.size < 2 ? (
        ''
      ) : (
        <p class="choices">
          <DecisionLink chrome={chrome} decision="apply_orphans" />
          <DecisionLink chrome={chrome} decision="discard_orphans" />
        </p>
      )}
    </section>
  );
}

function OrphansOfLabel(props: { chrome: Chrome; label: string; sums: readonly OrphanSum[] }): JSX.Element {
  const { chrome, label, sums } = props;
  const { m } = chrome;
  return (
    <tbody>
      {sums.map(({ reason, contents, views }, index) => (
        <tr>
          {index > 0 ? (
            ''
          ) : (
            <th scope="rowgroup" rowspan={String(sums.length)}>
              <code safe>{label}</code>
              <span class="choices">
                <DecisionLink chrome={chrome} decision="apply_orphans" label={label} />
                <DecisionLink chrome={chrome} decision="discard_orphans" label={label} />
              </span>
            </th>
          )}
          <td safe>{reasonOf(reason, m)}</td>
          <td class="number" safe>
            {m.number(contents)}
          </td>
          <td class="number" safe>
            {m.number(views)}
          </td>
        </tr>
      ))}
    </tbody>
  );
}

function reasonOf(reason: string, { system: { reasons } }: Chrome['m']): string {
  if (reason === 'content removed') return reasons.removed;
  if (reason === 'counter full') return reasons.full;
  return reason === 'rewound' ? reasons.rewound : reasons.other;
}
