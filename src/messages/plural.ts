/** Forms of a noun by number, as CLDR names them; `other` stands in for what a language does not tell apart. */
export type PluralForms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };

/** A function that writes a number with its noun: `plural('en')(2, { one: 'page', other: 'pages' })` is `2 pages`. */
export function createPlural(language: string): (n: number, forms: PluralForms) => string {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language);
  return (n, forms) => `${numbers.format(n)} ${forms[rules.select(n)] ?? forms.other}`;
}
