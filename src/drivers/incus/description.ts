import { usageError } from '../../core/errors.ts';
import type { Description } from '../../core/operation.ts';
import { fieldProperties } from './record.ts';

/** Throws USAGE for names of properties that stand for fields of an image. */
export function checkProperties(names: Iterable<string>): void {
  for (const name of names)
    if (fieldProperties.some((field) => field === name))
      throw usageError(`"${name}" is no property of an image but a field`, { hint: `Use --${name}.` });
}

/** The server's properties of a new image: its description is one of them. */
export function propertiesOf({ name, description, properties = {} }: Description): Readonly<Record<string, string>> {
  checkProperties(Object.keys(properties));
  return { ...properties, ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) };
}

/** What is said of a new image beside its bytes. Oddity: headers with the other product's name are passed over without a word. */
export function headersOf(description: Description, product: 'incus' | 'lxd'): Readonly<Record<string, string>> {
  const pairs = new URLSearchParams(propertiesOf(description)).toString();
  return { [`x-${product}-properties`]: pairs, [`x-${product}-public`]: String(description.visibility === 'public') };
}
