/**
 * Values of history as they are stored. A page's contents stand there as runs (`pages.videocontent:7,12-80`): a page of
 * 2,000 contents that is edited daily would otherwise fill the table with names of models.
 */

/** Values by field. */
export type StoredValues = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** The field whose list is one of references, `label:id`. */
const REFERENCES = 'contents';
const REFERENCE = /^(.+):([1-9]\d{0,15})$/;
const RUN = /^(.+):(\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)$/;

/** The opposite of `parseValues`. */
export function formatValues(values: StoredValues): string {
  const references = values[REFERENCES];
  return JSON.stringify(isList(references) ? { ...values, [REFERENCES]: toRuns(references) } : values);
}

/** Reads what `formatValues` wrote. */
export function parseValues(text: string): StoredValues {
  const values: StoredValues = JSON.parse(text);
  const runs = values[REFERENCES];
  return isList(runs) ? { ...values, [REFERENCES]: runs.flatMap(fromRun) } : values;
}

/** True for a list of values. */
export function isList(value: StoredValues[string] | undefined): value is readonly string[] {
  return Array.isArray(value);
}

/** Neighbours of one model become one text; ids that follow each other become `first-last`. */
function toRuns(references: readonly string[]): readonly string[] {
  const runs: { label: string; ranges: [first: number, last: number][] }[] = [];
  for (const reference of references) {
    const [, label, digits] = REFERENCE.exec(reference) ?? [];
    if (label === undefined) return references;
    const id = Number(digits);
    const run = runs.at(-1);
    const range = run?.ranges.at(-1);
    if (run?.label !== label) runs.push({ label, ranges: [[id, id]] });
    else if (range?.[1] === id - 1) range[1] = id;
    else run.ranges.push([id, id]);
  }
  return runs.map(({ label, ranges }) => {
    const texts = ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`));
    return `${label}:${texts.join(',')}`;
  });
}

function fromRun(run: string): readonly string[] {
  const [, label, ranges = ''] = RUN.exec(run) ?? [];
  if (label === undefined) return [run];
  return ranges.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, place) => `${label}:${first + place}`);
  });
}
