/** One way to sign in that a server offers: the scheme in lower case, and what it says with it. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const parameter = /[\s,]*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;
const scheme = /[\s,]*([A-Za-z][\w-]*)(?=\s|$|,)/y;

/**
 * The challenges of a `WWW-Authenticate` header (RFC 9110 section 11.6.1); several headers may have been joined by
 * commas. Commas stand inside quoted values too: scopes are full of them.
 */
export function challengesOf(header: string): readonly Challenge[] {
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  for (let at = 0; at < header.length;) {
    parameter.lastIndex = at;
    scheme.lastIndex = at;
    const said = parameter.exec(header);
    const next = said ? undefined : scheme.exec(header);
    const current = found.at(-1);
    if (said && current) current.parameters[(said[1] ?? '').toLowerCase()] = said[3] ?? (said[2] ?? '').replace(/\\(.)/g, '$1');
    else if (next) found.push({ scheme: (next[1] ?? '').toLowerCase(), parameters: {} });
    else if (!said) return found;
    at = said ? parameter.lastIndex : scheme.lastIndex;
  }
  return found;
}
