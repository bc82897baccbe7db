import { parse } from 'ini';

/** Sections of an INI file; keys before the first section stand under ''. Values that are no text are dropped. */
export function parseIni(text: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const sections: Record<string, Record<string, string>> = Object.create(null);
  for (const [name, value] of Object.entries(parse(text) as Record<string, unknown>)) {
    if (typeof value === 'string') (sections[''] ??= {})[name] = value;
    else if (typeof value === 'object' && value !== null) sections[name] = onlyText(value);
  }
  return sections;
}

function onlyText(section: object): Record<string, string> {
  return Object.fromEntries(Object.entries(section).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
