import type { ChannelChangeRow, ChannelHistoryRow, ChannelProjection, ChannelRow } from '../../core/channel-row.ts';
import { defineView } from '../view.ts';

/** What follows a channel, and where it leads to if that is not where the channel points to. Absent: it leads nowhere, as it should. */
function projectionCell({ kind, name = kind, id, takenBy, lags }: ChannelProjection): string | undefined {
  if (!lags) return id === undefined ? undefined : name;
  return `${name} (lags: ${takenBy === undefined ? (id ?? 'leads nowhere') : `taken by ${takenBy}`})`;
}

/** What channels point to, a line each. */
export const channelView = defineView<ChannelRow>({
  name: 'channels',
  columns: {
    channel: { value: (row) => row.channel },
    profile: { value: (row) => row.profile },
    id: { value: (row) => row.id, kind: 'id' },
    name: { value: (row) => row.name },
    status: { value: (row) => (row.revoked === undefined ? row.status : 'revoked'), kind: 'status' },
    contentId: { value: (row) => row.contentId, title: 'content' },
    since: { value: (row) => row.since, kind: 'age' },
    by: { value: (row) => row.by },
    reason: { value: (row) => row.reason },
    revoked: { value: (row) => row.revoked },
    superseded: { value: (row) => row.superseded?.join(',') },
    projection: { value: ({ projection }) => projection && projectionCell(projection), title: 'also as' },
  },
  usual: ['channel', 'profile', 'id', 'name', 'status', 'since', 'by', 'reason'],
  wide: [
    'channel',
    'profile',
    'id',
    'name',
    'status',
    'contentId',
    'since',
    'by',
    'reason',
    'revoked',
    'superseded',
    'projection',
  ],
  spare: ['by', 'since'],
  id: (row) => row.id ?? '',
  json: (row) => row,
});

/** What a channel has pointed to, a line for each time. */
export const channelHistoryView = defineView<ChannelHistoryRow>({
  name: 'earlier targets',
  columns: {
    channel: { value: (row) => row.channel },
    profile: { value: (row) => row.profile },
    number: { value: (row) => row.number, kind: 'number' },
    id: { value: (row) => row.id, kind: 'id' },
    name: { value: (row) => row.name },
    status: { value: (row) => (row.revoked === undefined ? row.status : 'revoked'), kind: 'status' },
    contentId: { value: (row) => row.contentId, title: 'content' },
    at: { value: (row) => row.at, kind: 'age' },
    by: { value: (row) => row.by },
    reason: { value: (row) => row.reason },
    restores: { value: (row) => row.restores, kind: 'number' },
    isTarget: { value: (row) => row.isTarget, title: 'target' },
    isEnd: { value: (row) => row.isEnd, title: 'deleted' },
    revoked: { value: (row) => row.revoked },
  },
  usual: ['profile', 'number', 'isTarget', 'id', 'name', 'status', 'at', 'by', 'reason'],
  wide: [
    'channel',
    'profile',
    'number',
    'isTarget',
    'isEnd',
    'restores',
    'id',
    'name',
    'status',
    'contentId',
    'at',
    'by',
    'reason',
    'revoked',
  ],
  spare: ['by', 'at'],
  id: (row) => row.id,
  json: (row) => row,
});

/** The result of `channel set`, `rollback`, `revoke` and `delete`. */
export const channelChangeView = defineView<ChannelChangeRow>({
  name: 'changes',
  columns: {
    channel: { value: (row) => row.channel },
    profile: { value: (row) => row.profile },
    id: { value: (row) => row.id, kind: 'id' },
    name: { value: (row) => row.name },
    from: { value: (row) => row.from, kind: 'id' },
    result: { value: (row) => row.result, kind: 'status' },
    message: { value: (row) => row.message },
    code: { value: (row) => row.code },
    exitCode: { value: (row) => row.exitCode, kind: 'number' },
    hint: { value: (row) => row.hint },
  },
  usual: ['channel', 'profile', 'id', 'name', 'from', 'result', 'message'],
  wide: ['channel', 'profile', 'id', 'name', 'from', 'result', 'message', 'code', 'exitCode'],
  id: (row) => (row.result === 'ok' || row.result === 'planned' ? (row.id ?? '') : ''),
  json: (row) => row,
});
