import type { Report } from './findings.ts';

/** Lines that say nothing about where data lies. Anything else that is unknown is refused: it may. */
const harmless = /^(version|encoding|CID|isNativeSnapshot)\s*=|^ddb\.[\w.-]+\s*=/i;
const extentLine = /^(RW|RDONLY|NOACCESS)\s+(\d+)\s+(\S+)(?:\s+"([^"]*)")?/i;
const subformats = ['monolithicSparse', 'streamOptimized'];

/**
 * Checks the description inside a sparse VMDK: one extent, which is the file itself, and nothing that leads to another one.
 * Gives the subformat. `sectors` is the capacity that the header states.
 */
export function checkDescriptor(text: string, sectors: number, report: Report): string | undefined {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  if (!/^# ?disk descriptor ?file/i.test(lines[0] ?? '')) report.reject('descriptor', 'there is no disk description in the file');
  let subformat: string | undefined;
  let extents = 0;
  for (const line of lines) {
    if (line === '' || line.startsWith('#') || harmless.test(line)) continue;
    const [, key, value = ''] = /^(createType|parentCID)\s*=\s*"?([^"]*)"?$/i.exec(line) ?? [];
    if (key?.toLowerCase() === 'createtype') {
      subformat = subformats.find((each) => each.toLowerCase() === value.toLowerCase());
      if (subformat === undefined)
        report.reject('external_extent', `createType ${JSON.stringify(value)} keeps its data in other files`);
    } else if (key !== undefined) {
      if (value.toLowerCase() !== 'ffffffff') report.reject('backing_file', 'the image has a parent');
    } else if (/^parentFileNameHint/i.test(line)) report.reject('backing_file', 'the image names a parent file');
    else if (extentLine.test(line)) {
      extents += 1;
      checkExtent(line, sectors, report);
    } else report.reject('descriptor', `the disk description has an unknown line: ${JSON.stringify(line.slice(0, 80))}`);
  }
  if (extents !== 1) report.reject('external_extent', `the disk description has ${extents} extents instead of one`);
  return subformat;
}

function checkExtent(line: string, sectors: number, report: Report): void {
  const [, , size, kind = '', name = ''] = extentLine.exec(line) ?? [];
  if (kind.toUpperCase() !== 'SPARSE' || /[/\\]/.test(name))
    report.reject('external_extent', `the disk description leads to other data: ${JSON.stringify(line.slice(0, 80))}`);
  if (Number(size) !== sectors) report.reject('virtual_size', `the disk description says ${size} sectors, the header ${sectors}`);
}
