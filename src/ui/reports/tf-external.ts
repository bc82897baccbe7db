import { isObject, objectIn } from '../../core/json.ts';
import { jsonText } from '../sanitize.ts';

/**
 * An object as Terraform's external data source takes it: texts under names, in one layer. What lies deeper has its path for a name
 * (`properties.os_distro`), a list is JSON, for `jsondecode`.
 */
export const tfExternalText = (value: unknown): string => `${jsonText(Object.fromEntries(flat('', objectIn(value))))}\n`;

const flat = (path: string, value: object): readonly (readonly [string, string])[] =>
  Object.entries(value).flatMap(([name, part]: readonly [string, unknown]) => {
    if (part === undefined || part === null) return [];
    if (isObject(part)) return flat(`${path}${name}.`, part);
    return [[`${path}${name}`, typeof part === 'string' ? part : JSON.stringify(part)] as const];
  });
