import type { AppliedRow, DesiredRow } from '../../core/desired.ts';
import { exitCodes, type Code, type ImgctlError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redact.ts';

/** What a row is about, before anything is known of what became of it. */
export const outline = ({
  image,
  profile,
  action,
  id,
  name,
}: DesiredRow): Pick<AppliedRow, 'image' | 'profile' | 'action' | 'id' | 'name'> => ({
  image,
  profile,
  action,
  ...(id === undefined ? {} : { id }),
  name,
});

const doneWords: Readonly<Partial<Record<DesiredRow['action'], string>>> = {
  add: 'added',
  reuse: 'marked as it is',
  property: 'changed',
  retarget: 'renamed',
  hide: 'hidden',
  deactivate: 'taken out of use',
  'shrink-places': 'copies removed',
  delete: 'removed',
};

/** What was done, in words. */
export const doneWord = ({ action, channel }: DesiredRow): string =>
  channel === undefined ? (doneWords[action] ?? 'done') : `it is ${channel}`;

/** The kind of failure that a row is about. */
export const codeOf = ({ code }: DesiredRow): Code => codes.find((one) => one === code) ?? 'CONFLICT';
const codes = Object.keys(exitCodes) as readonly Code[];

/** A row that could not be done. Whoever was asked may have quoted what he was sent. */
export function failedRow(row: DesiredRow, failure: ImgctlError, redactor: Redactor): AppliedRow {
  const { code, exitCode, message, circumstances } = failure;
  const { hint } = circumstances;
  return {
    ...outline(row),
    result: 'failed',
    message: redactor.hide(message),
    code,
    exitCode,
    ...(hint === undefined ? {} : { hint: redactor.hide(hint) }),
  };
}
