const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (sign) => (sign === '&' ? '&amp;' : sign === '<' ? '&lt;' : '&gt;'));

/** A value as the Query API writes it: lists in `<item>`; what is undefined is left out, and an empty list closes itself. */
export function element(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  const inner = inside(value);
  return inner === '' ? `<${name}/>` : `<${name}>${inner}</${name}>`;
}

function inside(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => element('item', item)).join('');
  if (typeof value !== 'object' || value === null) return escaped(String(value));
  return Object.entries(value)
    .map(([name, item]) => element(name, item))
    .join('');
}

/** A whole answer of an action. */
export const document = (action: string, result: object): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>59dbff89</requestId>${inside(result)}</${action}Response>`;
