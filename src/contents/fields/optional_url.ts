import { httpUrl } from './http_url.ts';
import type { FieldKind, FieldOptions } from './kind.ts';

/** An http or https address that may be left out; absent, it is the empty string, as in Django's `blank=True`. */
export function optionalUrl(options: FieldOptions): FieldKind {
  const required = httpUrl(options);
  const { format: _, ...openapi } = required.openapi;
  return {
    ...required,
    control: { ...required.control, required: false },
    // No `format: uri`: the empty string is a valid answer and not a URI.
    openapi: { ...openapi, description: `${openapi.description} Empty when there is none.` },
    parse: (input) => (input === undefined || input === null || input === '' ? '' : required.parse(input)),
  };
}
