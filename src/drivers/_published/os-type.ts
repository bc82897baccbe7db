const others: Readonly<Record<string, string | undefined>> = { windows: 'windows', freebsd: undefined };

/** What the property `os_type` says of a distribution: there is no word for what is neither Linux nor Windows. */
export const osType = (distribution: string): string | undefined =>
  Object.hasOwn(others, distribution) ? others[distribution] : 'linux';
