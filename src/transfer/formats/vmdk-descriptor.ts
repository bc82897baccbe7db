import type { Report } from './findings.ts';

/** Only extents and parents lead to data ("Virtual Disk Format 5.0"): every other key is of no matter. */
const harmless = /^(?!parent|createType\b)[\w.:-]+\s*=/i;
const extentLine = /^(RW|RDONLY|NOACCESS)\s+(\d+)\s+(\S+)(?:\s+"([^"]*)")?/i;
/** Of a disk in many parts so many are named. */
const mostShown = 3;
const subformats = ['monolithicSparse', 'streamOptimized'];

/**
 * Checks the description inside a sparse VMDK: one extent, which is the file itself, and nothing that leads to another one.
 * Gives the subformat. `sectors` is the capacity that the header states.
 */
export function checkDescriptor(text: string, sectors: number, report: Report): string | undefined {
  const { lines, comments } = readLines(text);
  checkHidden(text, comments, report);
  if (!lines.some((line) => /^(version|createType)\s*=/i.test(line))) report.reject('descriptor', 'the VMDK has no descriptor');
  let subformat: string | undefined;
  let extents = 0;
  for (const line of lines) {
    if (harmless.test(line)) continue;
    const [, key, value = ''] = /^(createType|parentCID)\s*=\s*"?([^"]*)"?$/i.exec(line) ?? [];
    if (key?.toLowerCase() === 'createtype') {
      subformat = subformats.find((each) => each.toLowerCase() === value.toLowerCase());
      if (subformat === undefined)
        report.reject('external_extent', `createType ${JSON.stringify(value)} keeps its data in other files`);
    } else if (key !== undefined) {
      if (value.toLowerCase() !== 'ffffffff') report.reject('backing_file', 'the image has a parent');
    } else if (/^parent/i.test(line)) report.reject('backing_file', 'the image names a parent file');
    else if (extentLine.test(line)) {
      extents += 1;
      checkExtent(line, sectors, report);
    } else report.reject('descriptor', `the VMDK descriptor has an unknown line: ${JSON.stringify(line.slice(0, 80))}`);
  }
  if (extents !== 1) report.reject('external_extent', `the VMDK descriptor has ${extents} extents instead of one`);
  return subformat;
}

/** What QEMU finds wherever it stands: it looks for these words in the whole text, and knows no comments as in C. */
function checkHidden(text: string, comments: readonly string[], report: Report): void {
  if (/parentFileNameHint/i.test(text)) report.reject('backing_file', 'the image names a parent file');
  if ([...text.matchAll(/createType/gi)].length > 1)
    report.reject('external_extent', 'the VMDK descriptor says more than once of which kind it is');
  if (comments.some((line) => extentLine.test(line)))
    report.reject('external_extent', 'the VMDK descriptor has an extent in a comment');
}

/** Lines with something in them, and those of comments as in C. From `#` on a line is a comment too. */
function readLines(text: string): { readonly lines: readonly string[]; readonly comments: readonly string[] } {
  const all = text.split(/\r?\n/).map((line) => line.trim());
  const lastEnd = all.findLastIndex((line) => line.endsWith('*/'));
  const lines: string[] = [];
  const comments: string[] = [];
  let isComment = false;
  for (const [index, line] of all.entries()) {
    isComment ||= line.startsWith('/*') && index <= lastEnd;
    if (isComment) comments.push(line.replace(/^\/\*\s*/, ''));
    else if (line !== '' && !line.startsWith('#')) lines.push(line);
    if (line.endsWith('*/')) isComment = false;
  }
  return { lines, comments };
}

/** What a descriptor without data refers to, for a message: its kind, and the first of its files. */
export function describeSet(text: string): string {
  const { lines } = readLines(text);
  const kind = lines.flatMap((line) => /^createType\s*=\s*"?([^"]*)"?$/i.exec(line)?.[1] ?? [])[0];
  const names = lines.flatMap((line) => extentLine.exec(line)?.[4] ?? []).map((name) => JSON.stringify(name.slice(0, 80)));
  const shown = names.slice(0, mostShown).join(', ') + (names.length > mostShown ? ` and ${names.length - mostShown} more` : '');
  return `a VMDK descriptor${kind === undefined ? '' : ` (${kind})`}: its data is in ${names.length > 0 ? shown : 'other files'}`;
}

function checkExtent(line: string, sectors: number, report: Report): void {
  const [, , size, kind = '', name = ''] = extentLine.exec(line) ?? [];
  if (kind.toUpperCase() !== 'SPARSE' || /[/\\]/.test(name))
    report.reject('external_extent', `the VMDK descriptor refers to other files: ${JSON.stringify(line.slice(0, 80))}`);
  if (Number(size) !== sectors) report.reject('virtual_size', `the VMDK descriptor says ${size} sectors, the header ${sectors}`);
}
