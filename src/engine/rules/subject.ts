import { propertyOf } from '../../core/filter.ts';
import type { Image } from '../../core/image.ts';
import type { InspectionReport } from '../../core/inspection-report.ts';
import { propertyIn, type RuleField } from './field.ts';
import type { Subject } from './judge.ts';
import type { Value } from './rule.ts';

/** An image, as the fields of its JSON tell it. */
export const imageSubject = (image: Image): Subject => ({
  hasField: () => true,
  valueOf(field) {
    const property = propertyIn(field.name);
    if (property !== undefined) return propertyOf(image, property);
    if (field.name === 'checksums') return namesIn(image.checksums);
    if (field.name === 'places') return image.places.map(({ name }) => name);
    return valueIn(image, field);
  },
});

/** The algorithms by which it is known; absent where there are none, for then nothing vouches for its bytes. */
function namesIn(checksums: Image['checksums']): readonly string[] | undefined {
  const names = Object.keys(checksums ?? {});
  return names.length > 0 ? names : undefined;
}

function valueIn(from: object, { name }: RuleField): Value | undefined {
  const value: unknown = Object.getOwnPropertyDescriptor(from, name)?.value;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined;
}

/** The last part of its path or address. */
export const fileName = ({ file }: Pick<InspectionReport, 'file'>): string =>
  /[^/\\]*$/.exec(/^https?:/.test(file) ? file.replace(/[?#].*$/s, '') : file)?.[0] ?? '';

/** What of an image a file has already. */
const ofFile: Readonly<Record<string, (report: InspectionReport) => Value | undefined>> = {
  name: fileName,
  diskFormat: ({ format }) => format,
  sizeBytes: ({ fileBytes }) => fileBytes,
  virtualBytes: ({ virtualBytes }) => virtualBytes,
  checksums: ({ checksums }) => namesIn(checksums),
  contentId: ({ contentId }) => contentId,
};

/** A file, as it was inspected. */
export const fileSubject = (report: InspectionReport): Subject => ({
  hasField: ({ name }) => Object.hasOwn(ofFile, name),
  valueOf: ({ name }) => ofFile[name]?.(report),
});
