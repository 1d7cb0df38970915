/** Pages as tests read them: what a browser would show, and send back. */

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#34': '"',
  '#39': "'",
  '#x27': "'",
};

/** A text of a page as people read it. */
export function unescapeHtml(text: string): string {
  return text.replaceAll(/&([a-z]+|#x?[0-9a-f]+);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}

/** What stands in a form when the page opens, by name, with each value that a browser would send. */
export function readFields(html: string, formPattern: RegExp): Record<string, string[]> {
  const form = [...html.matchAll(/<form\b[^>]*>.*?<\/form>/gs)]
    .map(([text]) => text)
    .find((text) => formPattern.test(text));
  if (form === undefined) throw new Error(`no form like ${formPattern}`);
  const fields: Record<string, string[]> = {};
  for (const [, tag = '', text = '', , content = ''] of form.matchAll(
    /<(input|textarea)\b((?:[^>"]|"[^"]*")*)>(([^<]*)<\/textarea>)?/g,
  )) {
    const attribute = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1];
    const name = unescapeHtml(attribute('name') ?? '');
    const isLeftOut = /type="(radio|checkbox)"/.test(text) && !/\schecked\b/.test(text);
    if (name === '' || isLeftOut) continue;
    // The first line break of a textarea belongs to HTML.
    const value = tag === 'textarea' ? content.replace(/^\n/, '') : (attribute('value') ?? '');
    fields[name] = [...(fields[name] ?? []), unescapeHtml(value)];
  }
  return fields;
}

/** The problems that stand at fields. */
export function readProblems(html: string): string[] {
  return [...html.matchAll(/<p class="field-problem"[^>]*>([^<]*)<\/p>/g)].map(([, text = '']) => unescapeHtml(text));
}
