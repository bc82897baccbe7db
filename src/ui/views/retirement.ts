import type { RetirementRow } from '../../core/retirement.ts';
import { usesText } from '../../core/uses.ts';
import { defineView } from '../view.ts';

const reasonOf = ({ result, reason, message, places, takes, action }: RetirementRow): string => {
  if (result === 'failed') return message ?? reason;
  const isGoing = action === 'delete' || action === 'retire';
  const along = [
    ...(places && isGoing ? [`in ${places.join(', ')}`] : []),
    ...(takes && action === 'delete' ? [`with its ${takes}`] : []),
  ];
  return [reason, ...along].join('; ');
};

/** The result of `prune`. */
export const retirementView = defineView<RetirementRow>({
  name: 'images',
  columns: {
    profile: { value: (row) => row.profile },
    id: { value: (row) => row.id, kind: 'id' },
    name: { value: (row) => row.name },
    series: { value: (row) => row.series },
    action: { value: (row) => row.action },
    result: { value: (row) => row.result, kind: 'status' },
    reason: { value: reasonOf },
    status: { value: (row) => row.status, kind: 'status' },
    createdAt: { value: (row) => row.createdAt, kind: 'age', title: 'created' },
    sizeBytes: { value: (row) => row.sizeBytes, kind: 'size', title: 'size' },
    retiredAt: { value: (row) => row.retiredAt, kind: 'age', title: 'retired' },
    deleteAfter: { value: (row) => row.deleteAfter },
    places: { value: (row) => row.places?.join(',') },
    takes: { value: (row) => row.takes },
    uses: { value: ({ uses, unasked = [] }) => uses && usesText({ uses, unasked }) },
    message: { value: (row) => row.message },
    code: { value: (row) => row.code },
    exitCode: { value: (row) => row.exitCode, kind: 'number' },
    hint: { value: (row) => row.hint },
  },
  usual: ['profile', 'id', 'name', 'createdAt', 'action', 'result', 'reason'],
  wide: [
    'profile',
    'id',
    'name',
    'series',
    'status',
    'createdAt',
    'sizeBytes',
    'retiredAt',
    'deleteAfter',
    'action',
    'result',
    'reason',
  ],
  spare: ['createdAt'],
  // What goes, or comes back: what stays is nothing to act on.
  id: (row) => (row.action !== 'keep' && (row.result === 'ok' || row.result === 'planned') ? row.id : ''),
  json: (row) => row,
});
