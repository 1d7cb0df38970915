/** A word as a heading begins with it. */
export function capitalize(text: string, language: string): string {
  const [first = ''] = text;
  return `${first.toLocaleUpperCase(language)}${text.slice(first.length)}`;
}
