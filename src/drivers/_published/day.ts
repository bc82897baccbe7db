/** The day that a serial has in it, as a time; absent: it has none. */
export function dayIn(serial: string): string | undefined {
  const [, year = '', month = '', day = ''] = /(?<!\d)(\d{4})(\d{2})(\d{2})/.exec(serial) ?? [];
  const time = `${year}-${month}-${day}T00:00:00Z`;
  return Number.isNaN(Date.parse(time)) ? undefined : time;
}
