import type { AppliedRow, DesiredRow } from '../../core/desired.ts';
import { defineView } from '../view.ts';

/** Rows of a plan: what differs from a manifest. */
export const desiredView = defineView<DesiredRow>({
  name: 'differences',
  columns: {
    action: { value: (row) => row.action, kind: 'status' },
    image: { value: (row) => row.image },
    profile: { value: (row) => row.profile },
    id: { value: (row) => row.id, kind: 'id' },
    name: { value: (row) => row.name },
    reason: { value: (row) => row.reason },
    risk: {
      value: (row) => (row.irreversible ? 'irreversible' : undefined),
    },
    changes: { value: (row) => row.changes },
    places: { value: (row) => row.places },
    from: { value: (row) => row.from },
    channel: { value: (row) => row.channel },
    content: { value: (row) => row.content },
    contentId: { value: (row) => row.contentId, kind: 'id' },
    updatedAt: { value: (row) => row.updatedAt, kind: 'age', title: 'updated' },
    code: { value: (row) => row.code },
    hint: { value: (row) => row.hint },
  },
  usual: ['action', 'image', 'profile', 'name', 'reason', 'risk'],
  wide: ['action', 'image', 'profile', 'id', 'name', 'reason', 'risk', 'hint'],
  id: (row) => row.id ?? '',
  json: (row) => row,
});

/** What became of the rows of a plan. */
export const appliedView = defineView<AppliedRow>({
  name: 'changes',
  columns: {
    action: { value: (row) => row.action },
    image: { value: (row) => row.image },
    profile: { value: (row) => row.profile },
    id: { value: (row) => row.id, kind: 'id' },
    name: { value: (row) => row.name },
    result: { value: (row) => row.result, kind: 'status' },
    message: { value: (row) => row.message },
    code: { value: (row) => row.code },
    hint: { value: (row) => row.hint },
    exitCode: { value: (row) => row.exitCode, kind: 'number' },
  },
  usual: ['action', 'image', 'profile', 'id', 'name', 'result', 'message'],
  wide: ['action', 'image', 'profile', 'id', 'name', 'result', 'message', 'code', 'hint'],
  spare: ['name'],
  id: (row) => (row.result === 'ok' ? (row.id ?? '') : ''),
  json: (row) => row,
});
