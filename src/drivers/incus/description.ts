import type { Call, Description } from '../../core/operation.ts';
import { fieldProperties, keptName } from './record.ts';

/**
 * Tells of properties that the server does not keep as they are: those without a value, and those that bear the name under which
 * it has a field of an image.
 */
export function warnOfProperties(properties: Readonly<Record<string, string>>, call: Call): void {
  for (const [name, value] of Object.entries(properties)) {
    if (value === '')
      call.note({
        kind: 'warning',
        message: `the property "${name}" is empty, and is left out: the server keeps no empty values`,
      });
    else if (keptName(name) !== name)
      call.note({
        kind: 'warning',
        message: `the property "${name}" is kept as ${keptName(name)}: the server has the ${name} of the image under that name`,
      });
  }
}

/** The server's properties of a new image: its name and description are among them. */
export function propertiesOf({ name, description, properties = {} }: Description): Readonly<Record<string, string>> {
  const others = Object.entries(properties).flatMap(([key, value]) => (value === '' ? [] : [[keptName(key), value]]));
  const fields = { name, description };
  const own = fieldProperties.flatMap((key) => (fields[key] === undefined ? [] : [[key, fields[key]]]));
  return Object.fromEntries([...others, ...own]) as Readonly<Record<string, string>>;
}

/** What is said of a new image beside its bytes. Oddity: headers with the other product's name are passed over without a word. */
export function headersOf(description: Description, product: 'incus' | 'lxd'): Readonly<Record<string, string>> {
  const pairs = new URLSearchParams(propertiesOf(description)).toString();
  return { [`x-${product}-properties`]: pairs, [`x-${product}-public`]: String(description.visibility === 'public') };
}
