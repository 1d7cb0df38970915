/** The part of JSON Schema that the API's description uses, as a checker for tests. */
import { expect } from 'bun:test';

export interface OpenApiSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly required?: readonly string[];
  readonly items?: OpenApiSchema;
  readonly oneOf?: readonly OpenApiSchema[];
  readonly discriminator?: { readonly propertyName: string; readonly mapping: Readonly<Record<string, string>> };
}

export interface OpenApiResponse {
  readonly description: string;
  readonly content?: Readonly<Record<string, { readonly schema: OpenApiSchema; readonly examples?: object }>>;
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly description: string;
  readonly parameters: readonly { readonly name: string; readonly description: string }[];
  readonly responses: Readonly<Record<string, OpenApiResponse>>;
}

export interface OpenApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, { readonly get: OpenApiOperation }>>;
  readonly components: { readonly schemas: Readonly<Record<string, OpenApiSchema>> };
}

function resolve(document: OpenApiDocument, reference: string): OpenApiSchema {
  const found = document.components.schemas[reference.replace('#/components/schemas/', '')];
  if (found === undefined) throw new Error(`${reference} is not in the document`);
  return found;
}

/** What is wrong with a value, one line each with its place; nothing may stand in an object that is not described. */
export function problemsOf(document: OpenApiDocument, schema: OpenApiSchema, value: unknown, place = '$'): string[] {
  if (schema.$ref !== undefined) return problemsOf(document, resolve(document, schema.$ref), value, place);
  if (value === null) return schema.nullable ? [] : [`${place}: null`];
  if (schema.discriminator !== undefined) {
    const { propertyName, mapping } = schema.discriminator;
    const branch = mapping[String(Reflect.get(Object(value), propertyName))];
    if (!schema.oneOf?.some(({ $ref }) => $ref === branch)) return [`${place}: no branch for its ${propertyName}`];
    return problemsOf(document, { $ref: String(branch) }, value, place);
  }
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${place}: not one of ${schema.enum}`];
  if (schema.type === 'array') {
    if (!Array.isArray(value)) return [`${place}: not an array`];
    return value.flatMap((item, index) => problemsOf(document, schema.items ?? {}, item, `${place}[${index}]`));
  }
  if (schema.type === 'object') return problemsOfObject(document, schema, value, place);
  if (schema.type === 'integer') {
    const isInteger = Number.isSafeInteger(value);
    const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
    return isInteger && Number(value) >= minimum && Number(value) <= maximum ? [] : [`${place}: ${value}`];
  }
  if (typeof value !== schema.type) return [`${place}: ${typeof value} instead of ${schema.type}`];
  if (schema.format === 'uri' && !URL.canParse(String(value))) return [`${place}: no URI`];
  return String(value).length > (schema.maxLength ?? Number.POSITIVE_INFINITY) ? [`${place}: too long`] : [];
}

function problemsOfObject(document: OpenApiDocument, schema: OpenApiSchema, value: unknown, place: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${place}: not an object`];
  const { properties = {}, required = [] } = schema;
  return [
    ...required.filter((name) => !(name in value)).map((name) => `${place}.${name}: missing`),
    ...Object.entries(value).flatMap(([name, one]) => {
      const described = properties[name];
      return described === undefined
        ? [`${place}.${name}: not described`]
        : problemsOf(document, described, one, `${place}.${name}`);
    }),
  ];
}

/** Expects a JSON answer to be what the document says of this path and status. */
export function expectDescribed(document: OpenApiDocument, path: string, status: number, value: unknown): void {
  const described = document.paths[path]?.get.responses[status]?.content?.['application/json']?.schema;
  if (described === undefined) throw new Error(`${path} ${status} is not described`);
  expect(problemsOf(document, described, value)).toEqual([]);
}
