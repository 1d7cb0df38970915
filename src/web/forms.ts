/** Bodies of forms, read within limits and before anything is done with them. */
import { AppError } from '../errors.ts';

/** What keeps a body from being taken. */
export type FormExcess = 'tooLarge' | 'tooManyFields';

/** Bytes of a body. Bun refuses a larger one by itself; this is for what comes without a length. */
export const FORM_BYTES_MAX = 1024 * 1024;
export const FORM_FIELDS_MAX = 10_000;
const URLENCODED = /^application\/x-www-form-urlencoded\s*(;|$)/i;
const MULTIPART = /^multipart\/form-data\s*;/i;

/** What a form sent. A name that was not sent reads as nothing, whatever it is called. */
export interface FormInput {
  /** The last value of a field, or undefined. */
  get(name: string): string | undefined;
  /** Every value of a field, in order. */
  all(name: string): readonly string[];
  /** Every field in the order it was sent. */
  readonly entries: readonly (readonly [name: string, value: string])[];
}

/** A form from its fields. Line ends are `\n`, as they were typed; browsers send `\r\n`. */
export function createForm(entries: readonly (readonly [string, string])[]): FormInput {
  const normal = entries.map(([name, value]) => [name, value.replaceAll(/\r\n?/g, '\n')] as const);
  const byName = Map.groupBy(normal, ([name]) => name);
  const all = (name: string) => (byName.get(name) ?? []).map(([, value]) => value);
  return { entries: normal, all, get: (name) => all(name).at(-1) };
}

/**
 * Reads the body of a POST.
 * @returns the form, or of which there is too much in it
 * @throws AppError `invalid` for a body that did not arrive, or is no form
 */
export async function readForm(request: Request): Promise<FormInput | FormExcess> {
  const type = request.headers.get('content-type') ?? '';
  const isMultipart = MULTIPART.test(type);
  if (!isMultipart && !URLENCODED.test(type) && type !== '') throw new AppError('invalid', 'The body is not a form.');
  const body = await readBody(request);
  if (body.byteLength > FORM_BYTES_MAX) return 'tooLarge';
  const entries = isMultipart ? await parseMultipart(body, type) : parseUrlencoded(body);
  return entries.length > FORM_FIELDS_MAX ? 'tooManyFields' : createForm(entries);
}

/** Strangers break off as often as they like, and each time would be a failure in the log. */
async function readBody(request: Request): Promise<ArrayBuffer> {
  try {
    return await request.arrayBuffer();
  } catch (error) {
    throw new AppError('invalid', 'The form did not arrive as a whole.', { cause: error });
  }
}

function parseUrlencoded(body: ArrayBuffer): [string, string][] {
  return [...new URLSearchParams(new TextDecoder().decode(body))];
}

async function parseMultipart(body: ArrayBuffer, type: string): Promise<[string, string][]> {
  try {
    const data = await new Response(body, { headers: { 'Content-Type': type } }).formData();
    return [...data].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as [string, string]] : []));
  } catch (error) {
    throw new AppError('invalid', 'The form cannot be read.', { cause: error });
  }
}
