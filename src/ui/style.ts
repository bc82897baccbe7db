export type Paint = (text: string) => string;

/** The colours in use, by what they are for. Without colour each gives the text back. */
export interface Styles {
  readonly heading: Paint;
  readonly faint: Paint;
  readonly good: Paint;
  readonly busy: Paint;
  readonly bad: Paint;
  readonly odd: Paint;
}

const plain: Paint = (text) => text;
const plainStyles: Styles = { heading: plain, faint: plain, good: plain, busy: plain, bad: plain, odd: plain };

/** The styles for a stream that may be coloured or not. Whether it may is decided once, in `Io`; chalk is loaded only then. */
export async function styles(color: boolean): Promise<Styles> {
  if (!color) return plainStyles;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  return {
    heading: (text) => chalk.dim(text),
    faint: (text) => chalk.dim(text),
    good: (text) => chalk.green(text),
    busy: (text) => chalk.yellow(text),
    bad: (text) => chalk.red(text),
    odd: (text) => chalk.magenta(text),
  };
}

const paintOfStatus: Readonly<Record<string, keyof Styles>> = {
  active: 'good',
  ok: 'good',
  accepted: 'good',
  yes: 'good',
  queued: 'busy',
  pending: 'busy',
  deleting: 'busy',
  doubtful: 'busy',
  planned: 'busy',
  skipped: 'faint',
  inactive: 'faint',
  deleted: 'faint',
  no: 'faint',
  failed: 'bad',
  rejected: 'bad',
  unknown: 'odd',
};

/** How a status word, or a yes or no, is painted; words that are not known stay as they are. */
export function statusPaint(word: unknown, painted: Styles): Paint | undefined {
  if (typeof word === 'boolean') return word ? painted.good : painted.faint;
  const name = typeof word === 'string' && Object.hasOwn(paintOfStatus, word) ? paintOfStatus[word] : undefined;
  return name && painted[name];
}
